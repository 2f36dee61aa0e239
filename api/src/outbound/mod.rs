//! Clients of other organisations' systems. The traits stand where they are used; here is what is behind them.

mod not_connected;

pub(crate) use not_connected::NotConnected;
