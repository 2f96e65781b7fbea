//! The guest: reads columns where they lie, numbers as plain slices.

use udf_model::{Aggregate, Answer, Columns, Fault, Query, SalesView, export_aggregate};

karmem::guest!();

#[derive(Default)]
struct InPlace;

impl Aggregate for InPlace {
    fn run(&mut self, sales: SalesView<'_>, query: &Query) -> Result<Answer, Fault> {
        let product = sales.product();
        let columns = Columns {
            country: sales.country().as_slice().ok_or(Fault::BadTable)?,
            amount: sales.amount().as_slice().ok_or(Fault::BadTable)?,
            units: sales.units().as_slice().ok_or(Fault::BadTable)?,
            product: |row| product.get(row).map_or(&[][..], |it| it.as_bytes()),
        };
        columns.run(sales.countries().iter().map(|it| it.as_str()), query)
    }
}

export_aggregate!(InPlace);
