//! The types of `amplify.km`, padded by the default rule.

use karmem::Karmem;

use crate::json::record;

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table)]
pub(crate) struct DData {
    pub(crate) vals: Vec<u64>,
}
record!(DData, DDataView { vals });

#[derive(Karmem, Clone, Debug, PartialEq)]
pub(crate) struct D {
    pub(crate) data: DData,
}
record!(D, DView { data });

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table)]
pub(crate) struct CData {
    pub(crate) items: Vec<D>,
}
record!(CData, CDataView { items });

#[derive(Karmem, Clone, Debug, PartialEq)]
pub(crate) struct C {
    pub(crate) data: CData,
}
record!(C, CView { data });

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table)]
pub(crate) struct BData {
    pub(crate) items: Vec<C>,
}
record!(BData, BDataView { items });

#[derive(Karmem, Clone, Debug, PartialEq)]
pub(crate) struct B {
    pub(crate) data: BData,
}
record!(B, BView { data });

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table)]
pub(crate) struct AData {
    pub(crate) items: Vec<B>,
}
record!(AData, ADataView { items });
