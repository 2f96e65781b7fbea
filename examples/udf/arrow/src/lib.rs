//! The same guest the usual way of columns: it reads a table from the bytes of an Arrow stream and keeps it
//! for the questions that follow.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, UInt16Type};
use arrow_array::{Array, RecordBatch};
use arrow_ipc::reader::StreamReader;
use udf_model::{Answer, Columns, Copied, Fault, PackedView, Query, export_copied};

karmem::guest!();

#[derive(Default)]
struct Arrow {
    batch: Option<RecordBatch>,
}

impl Copied for Arrow {
    fn load(&mut self, sales: PackedView<'_>) -> Result<u64, Fault> {
        // The old one goes first, or there would be two.
        self.batch = None;
        let reader = StreamReader::try_new(sales.bytes().as_bytes(), None);
        let mut reader = reader.map_err(|_| Fault::BadTable)?;
        let batch = reader.next().ok_or(Fault::BadTable)?;
        let batch = batch.map_err(|_| Fault::BadTable)?;
        let rows = batch.num_rows() as u64;
        self.batch = Some(batch);
        Ok(rows)
    }

    fn run(&mut self, query: &Query) -> Result<Answer, Fault> {
        let batch = self.batch.as_ref().ok_or(Fault::NoTable)?;
        let column = |name| batch.column_by_name(name).ok_or(Fault::BadTable);
        let dictionary = column("country")?
            .as_dictionary_opt::<UInt16Type>()
            .ok_or(Fault::BadTable)?;
        let countries = dictionary
            .values()
            .as_string_opt::<i32>()
            .ok_or(Fault::BadTable)?;
        let amount = column("amount")?
            .as_primitive_opt::<Float64Type>()
            .ok_or(Fault::BadTable)?;
        let units = column("units")?
            .as_primitive_opt::<Int64Type>()
            .ok_or(Fault::BadTable)?;
        let product = column("product")?
            .as_string_opt::<i32>()
            .ok_or(Fault::BadTable)?;
        let columns = Columns {
            country: dictionary.keys().values(),
            amount: amount.values(),
            units: units.values(),
            product: |row| product.value(row).as_bytes(),
        };
        columns.run((0..countries.len()).map(|row| countries.value(row)), query)
    }
}

export_copied!(Arrow);
