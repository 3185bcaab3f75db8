//! Whoever has no witness can neither make, change, reload nor remove an entry, nor start or end a flow.

use config_entries::{AbortFlow, AddEntry, ConfigEntry, EntryBook, FlowFamily, Manager, ReloadEntry, RemoveEntry};

async fn service(manager: &Manager, book: &mut EntryBook) {
    let _ = book.add(AddEntry(ConfigEntry::default()), Default::default());
    let _ = manager.reload(ReloadEntry("x".to_owned())).await;
    let _ = manager.remove(RemoveEntry("x".to_owned())).await;
    let _ = manager.abort_flow(AbortFlow { family: FlowFamily::Config, flow_id: "x".to_owned() });
}

fn main() {}
