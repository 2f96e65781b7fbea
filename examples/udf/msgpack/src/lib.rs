//! The same guest the usual way: it decodes a table from MessagePack and keeps it for the questions that
//! follow. All texts of a column go into one buffer, which is much faster than a `String` for each.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, SeqAccess, Visitor};
use udf_model::{Answer, Columns, Copied, Fault, PackedView, Query, export_copied};

karmem::guest!();

/// The columns of [`udf_model::Sales`], as MessagePack brings them: an array of fields.
type Table = (Vec<String>, Vec<u16>, Vec<f64>, Vec<i64>, Texts);

/// Many texts in one buffer.
#[derive(Default)]
struct Texts {
    text: String,
    /// Where each ends.
    ends: Vec<usize>,
}

impl Texts {
    fn get(&self, index: usize) -> &[u8] {
        let start = match index.checked_sub(1) {
            Some(before) => self.ends.get(before).copied(),
            None => Some(0),
        };
        let end = self.ends.get(index).copied();
        let range = start.zip(end).map(|(start, end)| start..end);
        range
            .and_then(|range| self.text.as_bytes().get(range))
            .unwrap_or_default()
    }
}

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Texts, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Texts;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("texts")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Texts, A::Error> {
                let mut texts = Texts::default();
                texts
                    .ends
                    .reserve(seq.size_hint().unwrap_or_default().min(1 << 24));
                while seq.next_element_seed(Append(&mut texts.text))?.is_some() {
                    texts.ends.push(texts.text.len());
                }
                Ok(texts)
            }
        }
        deserializer.deserialize_seq(All)
    }
}

/// Takes the next text over without an allocation of its own.
struct Append<'a>(&'a mut String);

impl<'de> DeserializeSeed<'de> for Append<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.0.push_str(<&str>::deserialize(deserializer)?);
        Ok(())
    }
}

#[derive(Default)]
struct Decoded {
    table: Option<Table>,
}

impl Copied for Decoded {
    fn load(&mut self, sales: PackedView<'_>) -> Result<u64, Fault> {
        // The old one goes first, or there would be two.
        self.table = None;
        let table: Table =
            rmp_serde::from_slice(sales.bytes().as_bytes()).map_err(|_| Fault::BadTable)?;
        let rows = table.1.len() as u64;
        self.table = Some(table);
        Ok(rows)
    }

    fn run(&mut self, query: &Query) -> Result<Answer, Fault> {
        let table = self.table.as_ref().ok_or(Fault::NoTable)?;
        let (countries, country, amount, units, product) = table;
        let columns = Columns {
            country,
            amount,
            units,
            product: |row| product.get(row),
        };
        columns.run(countries.iter().map(String::as_str), query)
    }
}

export_copied!(Decoded);
