//! The types of `evoone.km`, padded by the default rule.

use karmem::Karmem;

use crate::json::record;

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table)]
pub(crate) struct RecData {
    #[karmem(rename = "ID")]
    pub(crate) id: u64,
    pub(crate) name: String,
}
record!(RecData, RecDataView { id, name });

#[derive(Karmem, Clone, Debug, PartialEq)]
pub(crate) struct Rec {
    pub(crate) data: RecData,
}
record!(Rec, RecView { data });

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table)]
pub(crate) struct Doc {
    pub(crate) main: Rec,
    pub(crate) recs: Vec<Rec>,
}
record!(Doc, DocView { main, recs });
