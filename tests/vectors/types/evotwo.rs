//! The types of `evotwo.km`, padded by the default rule.

use karmem::Karmem;

use crate::json::{enumerators, record};

#[derive(Karmem, Clone, Copy, Debug, PartialEq)]
#[repr(u8)]
pub(crate) enum Kind {
    Unknown,
    Good,
    Bad,
}
enumerators!(Kind { Unknown, Good, Bad });

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table)]
pub(crate) struct ExtraData {
    pub(crate) weight: f64,
}
record!(ExtraData, ExtraDataView { weight });

#[derive(Karmem, Clone, Debug, PartialEq)]
pub(crate) struct Extra {
    pub(crate) data: ExtraData,
}
record!(Extra, ExtraView { data });

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table)]
pub(crate) struct RecData {
    #[karmem(rename = "ID")]
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) score: f64,
    pub(crate) kind: Kind,
    pub(crate) alive: bool,
    pub(crate) count: u32,
    pub(crate) tags: Vec<u64>,
    pub(crate) extra: Extra,
    pub(crate) hits: [f64; 2],
}
record!(
    RecData,
    RecDataView {
        id,
        name,
        score,
        kind,
        alive,
        count,
        tags,
        extra,
        hits
    }
);

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
    pub(crate) version: u32,
    #[karmem(max = 16)]
    pub(crate) notes: String,
}
record!(
    Doc,
    DocView {
        main,
        recs,
        version,
        notes
    }
);
