//! A schema: a name and the types that belong to it.

use crate::schema::Type;

/// The types that a program shares with others, by name. Made by [`schema!`](crate::schema!).
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    name: &'static str,
    types: &'static [Type],
}

impl Schema {
    /// What [`schema!`](crate::schema!) calls.
    #[must_use]
    pub const fn new(name: &'static str, types: &'static [Type]) -> Self {
        Schema { name, types }
    }

    /// The name of the schema: the package in its `.km`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The types that were listed. What they refer to belongs to the schema too.
    #[must_use]
    pub const fn types(&self) -> &'static [Type] {
        self.types
    }
}

#[cfg(feature = "idl")]
impl Schema {
    /// The schema as a value that can be walked, compared and printed.
    #[must_use]
    pub fn to_idl(&self) -> karmem_idl::Schema {
        karmem_idl::Schema::from_types(self.name, self.types)
    }

    /// The schema as `.km` text, which the public Karmem compiler accepts.
    ///
    /// # Errors
    ///
    /// If a type cannot be spelt in it; the error names the type, the field and the reason.
    pub fn to_km(&self) -> Result<String, karmem_idl::KmError> {
        self.to_idl().to_km()
    }

    /// Checks that the file at `path` is this schema's `.km` text: for a test that keeps a
    /// checked-in file true to the Rust source. With the environment variable `KARMEM_BLESS=1` the
    /// file is written instead.
    ///
    /// # Panics
    ///
    /// In a test, as `assert_eq!` does: if the file differs, with the lines that do.
    #[track_caller]
    pub fn assert_km(&self, path: impl AsRef<std::path::Path>) {
        match self.to_km() {
            Ok(km) => karmem_idl::golden::assert_km(&km, path.as_ref()),
            Err(error) => panic!("schema `{}`: {error}", self.name),
        }
    }
}

/// Declares schemas: the types that a program shares with others.
///
/// ```
/// use karmem::Karmem;
///
/// #[derive(Karmem)]
/// pub struct Point { pub x: f32, pub y: f32 }
///
/// karmem::schema! {
///     /// What the game shares with its plug-ins.
///     pub GAME: "game" { types: [Point] }
/// }
///
/// assert!(GAME.to_km()?.contains("struct Point inline {"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[macro_export]
macro_rules! schema {
    ($($(#[$meta:meta])* $vis:vis $name:ident: $km:literal { types: [$($ty:ty),* $(,)?] $(,)? })*) => {$(
        $(#[$meta])*
        $vis static $name: $crate::Schema = $crate::Schema::new(
            $km,
            &[$(<$ty as $crate::wire::Wire<$crate::rule::Padded>>::TYPE),*],
        );
    )*};
}
