//! An integration whose credentials can be refused must say how it gets new ones.

use async_trait::async_trait;
use config_entries::{AuthFailed, Entry, Integration, Manifest, Running, SetupError};

struct Lamp;

#[async_trait]
impl Integration for Lamp {
    type Refusal = AuthFailed;

    fn manifest(&self) -> &Manifest {
        unimplemented!()
    }

    async fn setup(&self, _: &Entry<AuthFailed>) -> Result<Box<dyn Running>, SetupError<AuthFailed>> {
        Err(SetupError::auth_failed("no"))
    }
}

fn main() {}
