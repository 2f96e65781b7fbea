//! The types of `pslice.km`, padded by the default rule.

use karmem::Karmem;

use crate::json::record;

#[derive(Karmem, Clone, Debug, PartialEq)]
pub(crate) struct Pair {
    pub(crate) k: u32,
    pub(crate) v: f32,
}
record!(Pair, PairView { k, v });

#[derive(Karmem, Clone, Debug, PartialEq)]
pub(crate) struct Cell {
    pub(crate) t: i64,
    pub(crate) q: u16,
}
record!(Cell, CellView { t, q });

#[derive(Karmem, Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) cells: Vec<Cell>,
    #[karmem(max = 4)]
    pub(crate) vals: Vec<f64>,
}
record!(Row, RowView { name, cells, vals });

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table)]
pub(crate) struct Slices {
    pub(crate) u8s: Vec<u8>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) bools: Vec<bool>,
    pub(crate) i16s: Vec<i16>,
    pub(crate) u32s: Vec<u32>,
    pub(crate) u64s: Vec<u64>,
    pub(crate) f32s: Vec<f32>,
    pub(crate) f64s: Vec<f64>,
    pub(crate) text: String,
    #[karmem(max = 8)]
    pub(crate) short: String,
    #[karmem(max = 3)]
    pub(crate) lim: Vec<u16>,
    pub(crate) pairs: Vec<Pair>,
    #[karmem(max = 2)]
    pub(crate) cells: Vec<Cell>,
    pub(crate) rows: Vec<Row>,
    pub(crate) row_arr: [Row; 2],
}
record!(
    Slices,
    SlicesView {
        u8s,
        bytes,
        bools,
        i16s,
        u32s,
        u64s,
        f32s,
        f64s,
        text,
        short,
        lim,
        pairs,
        cells,
        rows,
        row_arr
    }
);
