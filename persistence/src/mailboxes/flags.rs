//! The flags of items as they are stored. They decide who sees something, so each has its name.

use diesel::prelude::*;
use domain::access::ItemFlags;
use domain::consent::ConsentLevel;
use domain::message::{ParentVisibility, YouthVisibility};

use crate::error::StoreError;
use crate::schema::{appointment, conversation, message};

const CORRUPT: StoreError = StoreError::Corrupt { what: "flags" };

/// What an item asks of who looks at it.
#[derive(Clone, Copy, Queryable, Selectable)]
#[diesel(table_name = conversation)]
pub(crate) struct AskedRow {
    minimum_consent: i16,
    available_at_protected_address: bool,
    parents_until_years: i16,
    power_of_attorney: bool,
    youth: i16,
    is_parental: bool,
}

impl AskedRow {
    /// The flags of an item that is withheld from nobody.
    pub(crate) fn item(self) -> Result<ItemFlags, StoreError> {
        Ok(ItemFlags {
            minimum_consent: ConsentLevel::from_rank(self.minimum_consent).ok_or(CORRUPT)?,
            available_at_protected_address: self.available_at_protected_address,
            parents: ParentVisibility::from_until_years(self.parents_until_years).ok_or(CORRUPT)?,
            withheld_from_parents: false,
            power_of_attorney: self.power_of_attorney,
            withheld_from_holders: false,
            youth: YouthVisibility::from_rank(self.youth).ok_or(CORRUPT)?,
            is_parental: self.is_parental,
        })
    }
}

/// Makes the row of the flags of a table whose items can be withheld.
macro_rules! flags_row {
    ($row:ident, $table:ident) => {
        #[doc = concat!("The flags of a row of `", stringify!($table), "`.")]
        #[derive(Clone, Copy, Queryable, Selectable)]
        #[diesel(table_name = $table)]
        pub(crate) struct $row {
            minimum_consent: i16,
            available_at_protected_address: bool,
            parents_until_years: i16,
            withheld_from_parents: bool,
            power_of_attorney: bool,
            withheld_from_holders: bool,
            youth: i16,
            is_parental: bool,
        }

        impl $row {
            pub(crate) fn item(self) -> Result<ItemFlags, StoreError> {
                let asked = AskedRow {
                    minimum_consent: self.minimum_consent,
                    available_at_protected_address: self.available_at_protected_address,
                    parents_until_years: self.parents_until_years,
                    power_of_attorney: self.power_of_attorney,
                    youth: self.youth,
                    is_parental: self.is_parental,
                };
                Ok(ItemFlags {
                    withheld_from_parents: self.withheld_from_parents,
                    withheld_from_holders: self.withheld_from_holders,
                    ..asked.item()?
                })
            }
        }
    };
}

flags_row!(MessageFlagsRow, message);
flags_row!(AppointmentFlagsRow, appointment);
