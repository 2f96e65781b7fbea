//! What the host and the guests share: a table of sales in columns, and a question about it.

use karmem::{Karmem, View};

/// Sales, one column per field; a row is what stands at the same place in each.
#[derive(Karmem, Clone, PartialEq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[karmem(table)]
pub struct Sales {
    /// Each country once.
    pub countries: Vec<String>,
    /// Where, as a place in `countries`.
    pub country: Vec<u16>,
    /// How much was paid.
    pub amount: Vec<f64>,
    /// How many were sold.
    pub units: Vec<i64>,
    /// What was sold, in words.
    pub product: Vec<String>,
}

/// `SELECT country, COUNT(*), SUM(amount), SUM(units) WHERE amount > above AND product LIKE 'product%' GROUP BY
/// country`.
#[derive(Karmem, Clone, PartialEq, Debug)]
#[karmem(table)]
pub struct Query {
    /// Only sales of more than this.
    pub above: f64,
    /// Only products whose names begin like this.
    pub product: String,
}

/// What was sold in one country.
#[derive(Karmem, Clone, PartialEq, Debug)]
pub struct Group {
    /// The country.
    pub country: String,
    /// The number of sales.
    pub rows: u64,
    /// The sum of what was paid.
    pub amount: f64,
    /// The sum of what was sold.
    pub units: i64,
}

/// What a query finds: the countries in the order of the table.
#[derive(Karmem, Clone, PartialEq, Debug)]
#[karmem(table)]
pub struct Answer {
    /// All countries.
    pub groups: Vec<Group>,
}

/// A table in some other format.
#[derive(Karmem, Clone, PartialEq, Debug)]
#[karmem(table)]
pub struct Packed {
    /// The bytes of that format.
    pub bytes: Vec<u8>,
}

/// Why there is no answer.
#[derive(Karmem, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Fault {
    /// The table is not what it should be.
    BadTable,
    /// Nothing was loaded.
    NoTable,
}

/// Answers questions about a table where it lies.
#[karmem::interface(package = "udf")]
pub trait Aggregate {
    /// Answers one question.
    fn run(&mut self, sales: View<Sales>, query: &Query) -> Result<Answer, Fault>;
}

/// Answers questions about a copy of a table.
#[karmem::interface(package = "udf")]
pub trait Copied {
    /// Makes a copy of the table for the questions that follow, and says how many rows it has.
    fn load(&mut self, sales: View<Packed>) -> Result<u64, Fault>;

    /// Answers one question.
    fn run(&mut self, query: &Query) -> Result<Answer, Fault>;
}

/// The columns as plain slices, wherever they lie.
#[derive(Clone, Copy, Debug)]
pub struct Columns<'a, P> {
    /// Where.
    pub country: &'a [u16],
    /// How much was paid.
    pub amount: &'a [f64],
    /// How many were sold.
    pub units: &'a [i64],
    /// What was sold in a row.
    pub product: P,
}

impl<'a, P: Fn(usize) -> &'a [u8]> Columns<'a, P> {
    /// Answers a question: the same work for everybody.
    ///
    /// # Errors
    ///
    /// If a row names a country that there is not.
    pub fn run<'n>(
        &self,
        countries: impl Iterator<Item = &'n str>,
        query: &Query,
    ) -> Result<Answer, Fault> {
        let group = |country: &str| Group {
            country: country.into(),
            rows: 0,
            amount: 0.0,
            units: 0,
        };
        let mut groups: Vec<_> = countries.map(group).collect();
        let prefix = query.product.as_bytes();
        let numbers = self.country.iter().zip(self.amount).zip(self.units);
        for (row, ((country, amount), units)) in numbers.enumerate() {
            if *amount > query.above && (self.product)(row).starts_with(prefix) {
                let group = groups.get_mut(usize::from(*country));
                let group = group.ok_or(Fault::BadTable)?;
                group.rows += 1;
                group.amount += amount;
                group.units += units;
            }
        }
        Ok(Answer { groups })
    }
}

impl Sales {
    /// A table of so many rows, always the same.
    #[must_use]
    pub fn new(rows: usize) -> Sales {
        const COUNTRIES: [&str; 12] = [
            "Argentina",
            "Brazil",
            "Canada",
            "Denmark",
            "Egypt",
            "Finland",
            "Ghana",
            "Hungary",
            "India",
            "Japan",
            "Kenya",
            "Laos",
        ];
        const PRODUCTS: [&str; 5] = ["apples", "bread", "candles", "dates", "eggs"];
        let mut seed = 0x2545_f491_4f6c_dd1d_u64;
        let mut random = || {
            // Marsaglia's xorshift64 ("Xorshift RNGs", 2003).
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed >> 20
        };
        let mut sales = Sales {
            countries: COUNTRIES.map(String::from).into(),
            country: Vec::with_capacity(rows),
            amount: Vec::with_capacity(rows),
            units: Vec::with_capacity(rows),
            product: Vec::with_capacity(rows),
        };
        for _ in 0..rows {
            let product = PRODUCTS[random() as usize % PRODUCTS.len()];
            sales
                .country
                .push((random() % COUNTRIES.len() as u64) as u16);
            sales.amount.push((random() % 1_000_000) as f64 / 100.0);
            sales.units.push((random() % 40) as i64 + 1);
            sales
                .product
                .push(format!("{product}-{:03}", random() % 1000));
        }
        sales
    }

    /// Answers a question from the structs themselves.
    ///
    /// # Errors
    ///
    /// If a row names a country that there is not.
    pub fn run(&self, query: &Query) -> Result<Answer, Fault> {
        let columns = Columns {
            country: &self.country,
            amount: &self.amount,
            units: &self.units,
            product: |row: usize| self.product.get(row).map_or(&[][..], |it| it.as_bytes()),
        };
        columns.run(self.countries.iter().map(String::as_str), query)
    }
}
