//! Organisations and their services: registration, settings, staff, whom they receive, what they hand in.

pub(crate) mod follow_up;
pub(crate) mod form;
pub(crate) mod key;
pub(crate) mod organisation;
pub(crate) mod platform;
pub(crate) mod privacy_notice;
pub(crate) mod relationship;
pub(crate) mod service;
pub(crate) mod service_area;
pub(crate) mod staff;
pub(crate) mod upload;
