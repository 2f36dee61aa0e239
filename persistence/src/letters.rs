//! The way of a message from its sender to the citizen: taken in, routed, delivered, handed over, told of.

pub(crate) mod deadline;
pub(crate) mod delivery;
pub(crate) mod handover;
pub(crate) mod intake;
pub(crate) mod notification;
pub(crate) mod routing;
pub(crate) mod sending;
