//! An integration without credentials cannot say that they were refused, nor ask for new ones.

use config_entries::{AuthFailed, Entry, NeverRefused, SetupError};

fn refused() -> SetupError<NeverRefused> {
    SetupError::AuthFailed(AuthFailed::new("no"))
}

fn asks(entry: &Entry<NeverRefused>) {
    entry.start_reauth();
}

fn main() {}
