//! temporary
use karmem_idl::{Difference, Schema};
#[derive(Clone, Debug)]
pub(crate) struct Interface {
    pub(crate) package: String,
    pub(crate) name: String,
    pub(crate) version: u32,
    pub(crate) methods: Vec<Method>,
}
#[derive(Clone, Debug)]
pub(crate) struct Method {
    pub(crate) name: String,
}
pub(crate) trait Stub {
    fn interfaces(&self) -> &[Interface];
}
impl Stub for Schema {
    fn interfaces(&self) -> &[Interface] {
        &[]
    }
}
pub(crate) fn from_interfaces(name: &str, _: &[&'static karmem_core::schema::Interface]) -> Schema {
    Schema::from_types(name, &[])
}
pub(crate) struct InterfaceSide<'a> {
    pub(crate) label: &'a str,
    pub(crate) schema: &'a Schema,
    pub(crate) interface: &'a Interface,
}
pub(crate) fn interface_differences(
    l: InterfaceSide,
    _: InterfaceSide,
    _: bool,
    _: usize,
) -> Vec<Difference> {
    let _ = (l.label, l.schema, l.interface);
    vec![]
}
pub(crate) fn incompatible(_: (&str, &Schema), _: (&str, &Schema), _: usize) -> Vec<Difference> {
    vec![]
}
