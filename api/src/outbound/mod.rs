//! Clients of other organisations' systems. The traits stand where they are used; here is what is behind them.

mod population_register;

pub(crate) use population_register::NotConnected;
