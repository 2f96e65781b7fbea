//! The schema that a module carries.

use std::convert::Infallible;

use karmem_core::schema::Type;

use crate::error::{Error, Result};

/// A module's schema. There is none yet: karmem-idl does not read sections.
#[derive(Debug)]
pub(crate) struct Carried(Infallible);

impl Carried {
    pub(crate) fn read(_: &[u8]) -> Result<Carried> {
        Err(Error::Schema("this version does not read schemas".into()))
    }

    pub(crate) fn check(&self, _: &[Type]) -> Result<()> {
        match self.0 {}
    }
}
