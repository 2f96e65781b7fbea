//! A host that is played by the test: as much of `karmem::host` as generated code names.

use std::any::Any;
use std::cell::Cell;
use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex};

pub use karmem::*;

macro_rules! __host {
    ($($code:tt)*) => { $($code)* };
}
pub(crate) use __host;
macro_rules! __host_async {
    ($($code:tt)*) => { $($code)* };
}
pub(crate) use __host_async;

/// Region 0: messages, one after another.
#[derive(Debug, Default)]
pub struct Messages {
    pub bytes: Vec<u8>,
}

impl interface::Outgoing for Messages {
    type Error = Refused;

    fn put<T: Karmem>(&mut self, value: &T) -> Result<i64, Refused> {
        let at = value.encode_in(&mut self.bytes);
        at.map(i64::from).map_err(|e| Refused(e.to_string()))
    }

    fn record(&mut self, record: [u8; 16]) -> Result<i64, Refused> {
        let at = Sink::append(&mut self.bytes, &record);
        at.map(i64::from).map_err(|e| Refused(e.to_string()))
    }
}

impl interface::Incoming for Messages {
    type Error = Refused;

    fn read<R>(
        &self,
        message: i64,
        f: impl FnOnce(&[u8], u32) -> Result<R, VerifyError>,
    ) -> Result<R, Refused> {
        let at = Shared::<()>::from_i64(message);
        match at.handle() {
            0 => Ok(f(&self.bytes, at.offset())?),
            handle => Err(Refused(format!("no region {handle}"))),
        }
    }
}

#[derive(Clone, PartialEq, Debug)]
pub struct Refused(pub String);

impl From<VerifyError> for Refused {
    fn from(error: VerifyError) -> Self {
        Refused(error.to_string())
    }
}

pub mod host {
    use super::*;

    pub type Result<T> = std::result::Result<T, Refused>;

    type Function = Box<dyn Fn(Caller<'_>, Box<dyn Any>) -> Result<Box<dyn Any>>>;

    /// The provider's methods, the region 1, and what is sent.
    #[derive(Default)]
    pub struct System {
        functions: HashMap<&'static str, Function>,
        pub region: Vec<u8>,
        pub messages: Messages,
    }

    pub struct Method<A, R> {
        name: &'static str,
        of: PhantomData<fn(A) -> R>,
    }

    impl<A, R> Clone for Method<A, R> {
        fn clone(&self) -> Self {
            Method {
                name: self.name,
                of: PhantomData,
            }
        }
    }

    impl<A, R> fmt::Debug for Method<A, R> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.name)
        }
    }

    pub trait Client: Sized {
        type Interface: Interface;
        fn bind(link: &mut Link<'_>) -> Result<Self>;
    }

    pub struct Link<'a>(pub &'a System);

    impl Link<'_> {
        pub fn method<A, R>(&mut self, name: &'static str) -> Result<Method<A, R>> {
            match self.0.functions.contains_key(name) {
                true => Ok(Method {
                    name,
                    of: PhantomData,
                }),
                false => Err(Refused(format!("nobody provides `{name}`"))),
            }
        }
    }

    pub trait Provider {
        type Interface: Interface;
        fn define(self, host: &mut Definer<'_>) -> Result<()>;
    }

    pub struct Definer<'a>(pub &'a mut System);

    impl Definer<'_> {
        pub fn method<A: 'static, R: 'static, F>(&mut self, name: &'static str, f: F) -> Result<()>
        where
            F: Served<A, R> + 'static,
        {
            let call: Function = Box::new(move |caller, args| {
                let args = args.downcast::<A>().expect("the numbers of the signature");
                Ok(Box::new(f.call(caller, *args)?))
            });
            self.0.functions.insert(name, call);
            Ok(())
        }
    }

    pub trait Served<A, R> {
        fn call(&self, caller: Caller<'_>, args: A) -> Result<R>;
    }

    macro_rules! served {
        ($(($($name:ident)*))*) => {$(
            impl<R, F: Fn(Caller<'_>, $($name),*) -> Result<R>, $($name),*> Served<($($name,)*), R> for F {
                #[allow(non_snake_case)]
                fn call(&self, caller: Caller<'_>, ($($name,)*): ($($name,)*)) -> Result<R> {
                    self(caller, $($name),*)
                }
            }
        )*};
    }
    served!(() (A) (A B) (A B C));

    pub struct Caller<'a> {
        region: &'a mut [u8],
        messages: &'a mut Messages,
    }

    /// What a provider's method sees of the system.
    pub struct Serving<'a> {
        region: Cell<Option<&'a mut [u8]>>,
        messages: &'a mut Messages,
    }

    impl<'a> Serving<'a> {
        fn region(&self, message: i64) -> Result<(&'a mut [u8], u32)> {
            let at = Shared::<()>::from_i64(message);
            let region = self.region.take().filter(|_| at.handle() == 1);
            let region = region.ok_or_else(|| Refused("in use, or not there".to_owned()))?;
            Ok((region, at.offset()))
        }

        /// There is one region, so a call can open one message.
        pub fn open<const N: usize>(
            &mut self,
            messages: [(i64, bool); N],
        ) -> Result<[Open<'a>; N]> {
            let open = |(message, change)| {
                let (region, at) = self.region(message)?;
                Ok(Open { region, at, change })
            };
            let opened: Result<Vec<_>> = messages.into_iter().map(open).collect();
            Ok(opened?
                .try_into()
                .unwrap_or_else(|_| unreachable!("as many as messages")))
        }
    }

    pub struct Open<'a> {
        region: &'a mut [u8],
        at: u32,
        change: bool,
    }

    impl<'a> Open<'a> {
        pub fn view<T: Karmem>(self) -> View<'a, T> {
            assert!(!self.change);
            T::view_unverified_at(self.region, self.at)
        }

        pub fn view_verified<T: Karmem>(self) -> Result<View<'a, T>> {
            assert!(!self.change);
            Ok(T::view_at(self.region, self.at, &Limits::default())?)
        }

        pub fn view_mut<T: Karmem>(self) -> Result<ViewMut<'a, T>> {
            assert!(self.change);
            T::view_mut_unverified_at(self.region, self.at)
                .ok_or_else(|| Refused("no root".to_owned()))
        }
    }

    impl interface::Outgoing for Serving<'_> {
        type Error = Refused;
        fn put<T: Karmem>(&mut self, value: &T) -> Result<i64> {
            self.messages.put(value)
        }
        fn record(&mut self, record: [u8; 16]) -> Result<i64> {
            self.messages.record(record)
        }
    }

    impl interface::Incoming for Serving<'_> {
        type Error = Refused;
        fn read<R>(
            &self,
            message: i64,
            f: impl FnOnce(&[u8], u32) -> std::result::Result<R, VerifyError>,
        ) -> Result<R> {
            self.messages.read(message, f)
        }
    }

    pub struct Provided<T>(Arc<Mutex<T>>);

    impl<T> Clone for Provided<T> {
        fn clone(&self) -> Self {
            Provided(self.0.clone())
        }
    }

    pub fn provided<T>(it: T) -> Provided<T> {
        Provided(Arc::new(Mutex::new(it)))
    }

    impl<T> Provided<T> {
        pub fn serve<R>(
            &self,
            caller: Caller<'_>,
            f: impl FnOnce(&mut T, &mut Serving<'_>) -> Result<R>,
        ) -> Result<R> {
            let mut serving = Serving {
                region: Cell::new(Some(caller.region)),
                messages: caller.messages,
            };
            f(&mut self.0.lock().unwrap(), &mut serving)
        }
    }

    impl System {
        pub fn invoke<A: 'static, R: 'static, T>(
            &mut self,
            method: &Method<A, R>,
            lower: impl FnOnce(&mut Messages) -> Result<A>,
            lift: impl FnOnce(R, &Messages) -> Result<T>,
        ) -> Result<T> {
            let args = lower(&mut self.messages)?;
            let caller = Caller {
                region: &mut self.region,
                messages: &mut self.messages,
            };
            let result = self.functions[method.name](caller, Box::new(args))?;
            let result = result.downcast::<R>().expect("the number of the signature");
            lift(*result, &self.messages)
        }

        pub async fn invoke_async<A: 'static, R: 'static, T>(
            &mut self,
            method: &Method<A, R>,
            lower: impl FnOnce(&mut Messages) -> Result<A>,
            lift: impl FnOnce(R, &Messages) -> Result<T>,
        ) -> Result<T> {
            self.invoke(method, lower, lift)
        }
    }
}
