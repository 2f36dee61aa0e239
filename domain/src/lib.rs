//! The rules of Brevdue.
//!
//! Deliberately not here: I/O, async, a clock, HTTP, SQL, randomness. Facts and times come in as arguments, decisions
//! go out as values. What a rule needs to know, its caller has gathered; what a rule decides, its caller carries out.

pub mod access;
pub mod agreement;
pub mod appointment;
pub mod attachment;
pub mod audit;
pub mod consent;
pub mod contact_details;
pub mod contact_register;
pub mod conversation;
pub mod dialogue;
pub mod draft;
pub mod event;
pub mod form;
pub mod health_contact;
pub mod id;
pub mod identity;
pub mod job;
pub mod journal;
pub mod mailbox;
pub mod message;
pub mod notification;
pub mod organisation;
pub mod person;
pub mod postal_address;
pub mod power_of_attorney;
pub mod privacy_notice;
pub mod register;
pub mod routing;
pub mod rule;
pub mod search;
pub mod service;
pub mod service_area;
pub mod staff;
pub mod text;
pub mod upload;
pub mod webhook;
