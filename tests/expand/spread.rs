use karmem::Karmem;

#[derive(Clone, Debug, PartialEq, Karmem)]
#[karmem(spread, layout = "packed")]
#[repr(u16)]
pub enum Order {
    Stay,
    Go { to: u32 },
}

#[derive(Clone, Debug, PartialEq, Karmem)]
#[karmem(table, layout = "packed", rename = "OrderBook", id = 7)]
pub(crate) struct Orders {
    #[karmem(rename = "Entries")]
    pub(crate) list: Vec<Order>,
}
