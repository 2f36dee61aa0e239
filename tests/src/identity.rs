//! Identity numbers that nobody has.

use chrono::{Datelike as _, NaiveDate};
use domain::identity::{NationalId, NumberSeries};

/// The synthetic number of somebody born on this day; none where the serial number gives no control digits.
#[must_use]
pub fn synthetic_number(born: NaiveDate, serial: u32) -> Option<NationalId> {
    let (day, month, year) = (born.day(), born.month() + 80, born.year() % 100);
    (0..100).find_map(|control| {
        let number = format!("{day:02}{month}{year:02}{serial:03}{control:02}");
        NationalId::parse(&number, NumberSeries::Synthetic).ok()
    })
}
