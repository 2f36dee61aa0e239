//! Numbers that other registers give to people and organisations, checked exactly.
//!
//! Age and gender are never read out of an identity number: from 2032 they cannot be, and some numbers already carry
//! a date that is not the birth date. Both come from the population register.

mod hpr_number;
mod national_id;
mod organisation_number;
#[cfg(test)]
mod tests;

pub use hpr_number::{HprNumber, HprNumberError};
pub use national_id::{NationalId, NationalIdError, NationalIdKind, NumberSeries};
pub use organisation_number::{OrganisationNumber, OrganisationNumberError};
