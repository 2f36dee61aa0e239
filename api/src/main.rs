//! `brevdue`: the mailbox as one program.

use std::process::ExitCode;

/// The default allocator of the system costs a few per cent under load.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    api::cli::run()
}
