//! Citizens: who they are by the registers, what they consented to, how they are reached, whom they let act for them.

pub(crate) mod consent;
pub(crate) mod contact_details;
pub(crate) mod contact_register;
pub(crate) mod key;
pub(crate) mod person;
pub(crate) mod power_of_attorney;
pub(crate) mod register;
