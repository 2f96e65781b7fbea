//! The table as an Arrow stream.

use std::error::Error;
use std::sync::Arc;

use arrow_array::types::UInt16Type;
use arrow_array::{
    ArrayRef, DictionaryArray, Float64Array, Int64Array, RecordBatch, StringArray, UInt16Array,
};
use arrow_ipc::writer::StreamWriter;
use udf_model::Sales;

/// The columns as Arrow has them in memory.
pub(crate) fn batch(sales: &Sales) -> Result<RecordBatch, Box<dyn Error>> {
    let countries = StringArray::from_iter_values(&sales.countries);
    let keys = UInt16Array::from_iter_values(sales.country.iter().copied());
    let country = DictionaryArray::<UInt16Type>::try_new(keys, Arc::new(countries))?;
    let columns: [(&str, ArrayRef); 4] = [
        ("country", Arc::new(country)),
        (
            "amount",
            Arc::new(Float64Array::from_iter_values(sales.amount.iter().copied())),
        ),
        (
            "units",
            Arc::new(Int64Array::from_iter_values(sales.units.iter().copied())),
        ),
        (
            "product",
            Arc::new(StringArray::from_iter_values(&sales.product)),
        ),
    ];
    Ok(RecordBatch::try_from_iter(columns)?)
}

/// Writes it as a stream of one batch.
pub(crate) fn write(bytes: &mut Vec<u8>, batch: &RecordBatch) -> Result<(), Box<dyn Error>> {
    let mut writer = StreamWriter::try_new(bytes, batch.schema_ref())?;
    writer.write(batch)?;
    writer.finish()?;
    Ok(())
}
