//! Signatures: the Rust types that a call may use, and how they are shown.

use std::fmt;

use wasmtime::{FuncType, WasmParams, WasmResults};

mod sealed {
    pub trait Sealed {}
}

/// A Rust type that travels as one wasm number.
pub trait Number: wasmtime::WasmTy + sealed::Sealed {
    #[doc(hidden)]
    const NAME: &'static str;
}

macro_rules! numbers {
    ($($t:ty => $name:literal)*) => {$(
        impl sealed::Sealed for $t {}
        impl Number for $t {
            const NAME: &'static str = $name;
        }
    )*};
}

numbers! { i32 => "i32" u32 => "i32" i64 => "i64" u64 => "i64" f32 => "f32" f64 => "f64" }

/// A list of wasm numbers: one number, or a tuple of up to eight.
pub trait Numbers {
    #[doc(hidden)]
    const NAMES: &'static [&'static str];
}

impl<T: Number> Numbers for T {
    const NAMES: &'static [&'static str] = &[T::NAME];
}

macro_rules! tuples {
    ($(($($t:ident)*))*) => {$(
        impl<$($t: Number),*> Numbers for ($($t,)*) {
            const NAMES: &'static [&'static str] = &[$($t::NAME),*];
        }
    )*};
}

tuples! { () (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) (A B C D E F G) (A B C D E F G H) }

/// The parameters of a call: `()`, one number (`i32`, `u32`, `i64`, `u64`, `f32`, `f64`) or a tuple
/// of up to eight.
pub trait Params: WasmParams + Numbers {}
impl<T: WasmParams + Numbers> Params for T {}

/// The result of a call: `()`, one number or a tuple of them.
pub trait Results: WasmResults + Numbers {}
impl<T: WasmResults + Numbers> Results for T {}

/// A signature as messages show it: `(i32, i64) -> f32`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Signature {
    params: Vec<String>,
    results: Vec<String>,
}

impl Signature {
    pub(crate) fn of_rust<P: Numbers, R: Numbers>() -> Signature {
        let list = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect();
        Signature {
            params: list(P::NAMES),
            results: list(R::NAMES),
        }
    }

    pub(crate) fn of_i32s(params: usize, results: usize) -> Signature {
        Signature {
            params: vec!["i32".into(); params],
            results: vec!["i32".into(); results],
        }
    }

    pub(crate) fn of_wasm(ty: &FuncType) -> Signature {
        Signature {
            params: ty.params().map(|t| t.to_string()).collect(),
            results: ty.results().map(|t| t.to_string()).collect(),
        }
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({})", self.params.join(", "))?;
        match &self.results[..] {
            [] => Ok(()),
            [one] => write!(f, " -> {one}"),
            many => write!(f, " -> ({})", many.join(", ")),
        }
    }
}

/// An import or export as messages show it: `func (i32) -> i32`, `memory`, `global i64`.
pub(crate) fn extern_name(ty: &wasmtime::ExternType) -> String {
    use wasmtime::ExternType::{Func, Global, Memory, Table, Tag};
    match ty {
        Func(f) => format!("func {}", Signature::of_wasm(f)),
        Global(g) => {
            let mutable = if g.mutability().is_var() {
                "mutable "
            } else {
                ""
            };
            format!("{mutable}global {}", g.content())
        }
        Table(_) => "table".into(),
        Memory(m) => {
            let shared = if m.is_shared() { "shared " } else { "" };
            format!("{shared}memory of {} pages or more", m.minimum())
        }
        Tag(_) => "tag".into(),
    }
}
