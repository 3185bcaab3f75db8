//! What is recorded of what is done and refused.

use audit::Filter;
use auth_core::Policy;
use home::{AuditQuery, ReadAudit, RemoveGroup, SetAudit, SetGroup};
use serde_json::{Value, json};
use service_bus::CallRequest;

use crate::{
    Arc, Home, ListUsers, Map, Options, SetArea, SqliteStore, UpdateUser, UserPatch, ask, danger, open, session,
};
use registries::AreaPatch;

async fn found(home: &Home, filter: Value) -> Vec<Value> {
    let asked = home.bus().authorize(&danger::system_principal("test"), ReadAudit {}).unwrap();
    let filter: Filter = serde_json::from_value(filter).unwrap();
    let mut records = home.find_audit(&asked, AuditQuery { filter, ..AuditQuery::default() }).await.unwrap().records;
    records.reverse();
    records
}

fn brief(records: &[Value]) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    records.iter().map(|r| format!("{} {} {}", text(&r["action"]), text(&r["outcome"]), text(&r["on"]))).collect()
}

fn set_group(id: &str, policy: Option<Policy>) -> SetGroup {
    SetGroup { group_id: id.to_owned(), name: None, policy, policy_before: None }
}

async fn is_whole(home: &Home) -> bool {
    let asked = home.bus().authorize(&danger::system_principal("test"), ReadAudit {}).unwrap();
    home.verify_audit(&asked, &[]).await.unwrap().is_whole()
}

#[tokio::test]
async fn acts_say_who_did_what_from_where() {
    let (home, owner, admin) = open().await;
    let session = session(&home, &admin).await;
    let policy = Policy::everything();
    home.set_group(ask(&home, &session, set_group("guests", Some(policy.clone())))).await.unwrap();
    home.set_group(ask(&home, &session, set_group("guests", Some(Policy::default())))).await.unwrap();
    let patch = UserPatch { name: Some("Boss".into()), ..UserPatch::default() };
    home.update_user(ask(&home, &session, UpdateUser { user_id: owner.id.to_string(), patch })).await.unwrap();
    home.remove_group(ask(&home, &session, RemoveGroup { group_id: "guests".into() })).await.unwrap();
    let area = SetArea { area_id: None, patch: AreaPatch::named("Hall") };
    home.set_area(ask(&home, &session, area)).await.unwrap();

    let records = found(&home, json!({"trail": "acts", "user": admin.id.as_str()})).await;
    let (admin_id, owner_id) = (admin.id.as_str(), owner.id.as_str());
    assert_eq!(
        brief(&records),
        [
            // Made with its first token by the machine, then by itself.
            format!("add_user done {admin_id}"),
            "set_group done guests".to_owned(),
            "set_group done guests".to_owned(),
            format!("update_user done {owner_id}"),
            "remove_group done guests".to_owned(),
            "set_area done hall".to_owned(),
        ]
    );
    let second = &records[2];
    assert_eq!(second["by"]["user"]["id"], admin_id);
    assert_eq!(second["by"]["user"]["token"], session.token_id.as_str());
    assert_eq!(second["from"], "127.0.0.1");
    assert_eq!(second["detail"], json!({"name": "guests", "policy": {}, "policy_before": policy.to_value()}));
    assert_eq!(second["names"], json!({admin_id: "admin"}));
    assert_eq!(records[3]["detail"], json!({"name": {"from": "owner", "to": "Boss"}}));
    assert!(is_whole(&home).await);
}

#[tokio::test]
async fn what_changes_nothing_or_is_refused_leaves_no_act() {
    let (home, _, admin) = open().await;
    let session = session(&home, &admin).await;
    let before = found(&home, json!({"trail": "acts"})).await.len();
    let unknown = RemoveGroup { group_id: "nobody".into() };
    assert!(home.remove_group(ask(&home, &session, unknown)).await.is_err());
    let fixed = set_group("system-admin", None);
    assert!(home.set_group(ask(&home, &session, fixed)).await.is_err());
    let patch = UserPatch { group_ids: Some(vec!["none".into()]), ..UserPatch::default() };
    assert!(home.update_user(ask(&home, &session, UpdateUser { user_id: admin.id.to_string(), patch })).await.is_err());
    assert_eq!(found(&home, json!({"trail": "acts"})).await.len(), before);
}

#[tokio::test]
async fn refusals_say_why_and_are_counted() {
    let (home, owner, admin) = open().await;
    let (owner, guest) = (session(&home, &owner).await, session(&home, &admin).await);
    let policy = r#"{"entities":{"entity_ids":{"light.hall":{"read":true}}}}"#.parse::<Value>().unwrap();
    let policy = Policy::from_value(&policy).unwrap();
    home.set_group(ask(&home, &owner, set_group("guests", Some(policy)))).await.unwrap();
    let patch = UserPatch { group_ids: Some(vec!["guests".into()]), ..UserPatch::default() };
    home.update_user(ask(&home, &owner, UpdateUser { user_id: admin.id.to_string(), patch })).await.unwrap();
    components::register(home.bus()).unwrap();
    for _ in 0..3 {
        let call = CallRequest::new("light", "turn_on", Map::from_iter([("entity_id".into(), json!("light.hall"))]));
        let context = auth_core::Context::new(service_bus::new_context_id(service_bus::now()), None);
        assert!(home.bus().call(guest.principal.clone(), call, context).await.is_err());
    }
    assert!(home.bus().authorize(&guest.principal, ListUsers {}).is_err());
    home.record_refused(&guest, "config/auth/list", "an administrator");

    let denied = found(&home, json!({"outcome": "denied"})).await;
    assert_eq!(
        brief(&denied),
        ["call_service denied light.hall", "list_users denied -", "config/auth/list denied -"],
        "{denied:?}"
    );
    assert_eq!((&denied[0]["count"], &denied[0]["detail"]), (&json!(3), &json!({"service": "light.turn_on"})));
    let reason = denied[0]["reason"].as_str().unwrap();
    assert!(reason.starts_with("denied: no rule gives control on `light.hall`"), "{reason}");
    assert_eq!(denied[1]["reason"], "needs an administrator or the owner");
    assert_eq!(denied[2]["reason"], "needs an administrator");
    assert!(denied.iter().all(|record| record["by"]["user"]["id"] == admin.id.as_str()));
}

#[tokio::test]
async fn service_calls_are_recorded_where_that_is_wanted() {
    let (home, owner, _) = open().await;
    let owner = session(&home, &owner).await;
    components::register(home.bus()).unwrap();
    let call = async || {
        let data = Map::from_iter([("entity_id".into(), json!(["light.a", "light.b"]))]);
        let context = auth_core::Context::new(service_bus::new_context_id(service_bus::now()), Some("asker".into()));
        _ = home.bus().call(owner.principal.clone(), CallRequest::new("light", "turn_on", data), context).await;
    };
    call().await;
    assert!(found(&home, json!({"trail": "control"})).await.is_empty());
    let wish = SetAudit { control: Some(true), keep_days: None, keep_lines: Some(5) };
    let set = home.set_audit(ask(&home, &owner, wish)).await.unwrap();
    assert_eq!((set.control, set.keep_lines), (true, 1000), "no fewer");
    call().await;
    let records = found(&home, json!({"trail": "control"})).await;
    assert_eq!(brief(&records), ["light.turn_on done light.a"]);
    assert_eq!(records[0]["detail"], json!({"entities": ["light.a", "light.b"]}));
    assert_eq!(records[0]["asked_by"], "asker");
    let set = found(&home, json!({"action": "set_audit"})).await;
    assert_eq!(set[0]["detail"]["to"]["control"], true);
}

#[tokio::test]
async fn a_group_that_cannot_be_read_is_in_the_trail() {
    let store = Arc::new(SqliteStore::in_memory().unwrap());
    let record = store::GroupRecord { id: "bad".into(), name: "Bad".into(), policy: json!({"entities": false}) };
    let put = store::Change::Put(Box::new(store::Record::Group(record)));
    store::Store::commit(&*store, vec![put]).await.unwrap();
    let home = Home::open(store, Options::default()).await.unwrap();
    let records = found(&home, json!({})).await;
    assert_eq!(brief(&records), ["read_policy failed bad"]);
    let reason = records[0]["reason"].as_str().unwrap();
    assert!(reason.starts_with("the group grants nothing: entities: `false`"), "{reason}");
}

#[tokio::test]
async fn pages_go_on_where_the_last_one_ended() {
    let (home, owner, _) = open().await;
    let owner = session(&home, &owner).await;
    for n in 0..7 {
        home.set_group(ask(&home, &owner, set_group(&format!("g{n}"), None))).await.unwrap();
    }
    let asked = ask(&home, &owner, ReadAudit {});
    let filter: Filter = serde_json::from_value(json!({"action": "set_group"})).unwrap();
    let (mut before, mut seen) = (None, Vec::new());
    loop {
        let query = AuditQuery { filter: filter.clone(), before, limit: Some(3) };
        let page = home.find_audit(&asked, query).await.unwrap();
        seen.extend(page.records.iter().map(|record| record["on"].as_str().unwrap().to_owned()));
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["g6", "g5", "g4", "g3", "g2", "g1", "g0"]);
}
