//! What Brevdue keeps.

pub mod blob;
pub mod file_inspection;
pub mod vault;
