//! A reauthentication cannot come to an entry.

use async_trait::async_trait;
use config_entries::{Abort, EntryUpdate, Flow, FlowContext, NewEntry, Step};
use serde_json::{Map, Value};

struct Reauth;

#[async_trait]
impl Flow<EntryUpdate> for Reauth {
    async fn step(
        &mut self,
        _: &mut FlowContext,
        _: &str,
        _: Option<Map<String, Value>>,
    ) -> Result<Step<EntryUpdate>, Abort> {
        Ok(Step::Done(NewEntry::default()))
    }
}

fn main() {}
