//! The permission `edit`: the looks of an entity, and nothing that changes rights.

use serde_json::{Value, json};

use crate::{
    cli::home,
    import::log_in,
    support::{Server, Ws},
};

/// A home in which `gus` may edit one light and read another; both registered by an import.
fn serve(policy: &str) -> (crate::support::Temporary, Server) {
    let dir = home(policy);
    // Registered entities come by import; here they are put in as one would restore them.
    let config = crate::support::Temporary::new();
    let storage = config.0.join(".storage");
    std::fs::create_dir_all(&storage).unwrap();
    let user = |id: &str, owner: bool, group: &str| json!({"id": id, "name": id, "is_owner": owner, "is_active": true, "group_ids": [group]});
    let token = |user: &str| {
        json!({"id": format!("token-{user}"), "user_id": user, "token_type": "normal", "client_id": "http://x/",
            "token": "0".repeat(128), "jwt_key": format!("{user:k>128}"), "created_at": "2026-11-22T00:00:00+00:00"})
    };
    let groups = json!([{"id": "guests", "name": "Guests", "policy": serde_json::from_str::<Value>(policy).unwrap()}]);
    let auth = json!({"version": 1, "data": {"users": [user("ann", true, "system-admin"), user("gus", false, "guests")],
        "groups": groups, "credentials": [], "refresh_tokens": [token("ann"), token("gus")]}});
    std::fs::write(storage.join("auth"), auth.to_string()).unwrap();
    let entity = |id: &str| json!({"id": id.replace('.', "0"), "entity_id": id, "unique_id": id, "platform": "test"});
    let entities = json!({"version": 1, "data": {"entities": [entity("light.mine"), entity("light.other")]}});
    std::fs::write(storage.join("core.entity_registry"), entities.to_string()).unwrap();
    let data = dir.0.join("imported");
    let paths = [config.0.to_str().unwrap(), data.to_str().unwrap()];
    let imported = crate::support::server::doorward(&["import-ha", paths[0], "--data", paths[1]]);
    assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
    for user in ["ann", "gus"] {
        let made =
            crate::support::server::doorward(&["token", "create", "--data", paths[1], "--user", user, "--name", "t"]);
        std::fs::write(dir.0.join(format!("{user}.token")), made.stdout).unwrap();
    }
    let server = Server::serve(&data, &[]);
    (dir, server)
}

fn client(dir: &crate::support::Temporary, server: &Server, user: &str) -> Ws {
    let token = std::fs::read_to_string(dir.0.join(format!("{user}.token"))).unwrap();
    Ws::open(&server.address, token.trim())
}

#[test]
fn editors_change_the_looks_and_nothing_else() {
    let policy = r#"{"entities":{"entity_ids":{"light.mine":{"read":true,"edit":true},"light.other":{"read":true}}}}"#;
    let (dir, server) = serve(policy);
    let (mut ann, mut gus) = (client(&dir, &server, "ann"), client(&dir, &server, "gus"));
    let update = "config/entity_registry/update";
    let looks = json!({"entity_id": "light.mine", "name": "Lamp", "icon": "mdi:lamp", "aliases": ["Sun"],
        "options_domain": "light", "options": {"favorite": 1}});
    let entry = gus.result(update, looks)["entity_entry"].clone();
    assert_eq!(
        (&entry["name"], &entry["icon"], &entry["aliases"]),
        (&json!("Lamp"), &json!("mdi:lamp"), &json!(["Sun"]))
    );
    let before = ann.result("config/entity_registry/list", json!({}));
    for (member, value) in [
        ("area_id", json!("kitchen")),
        ("labels", json!([])),
        ("disabled_by", json!("user")),
        ("hidden_by", json!("user")),
        ("new_entity_id", json!("light.yours")),
        ("categories", json!({"x": "y"})),
        ("device_class", json!("x")),
    ] {
        let wish = json!({"entity_id": "light.mine", "name": "Sneaky", member: value});
        assert_eq!(gus.refused(update, wish), "unauthorized", "{member}");
    }
    // Neither what may only be read, nor what may not, nor what is not there: the same answer.
    for entity_id in ["light.other", "light.hidden", "light.none"] {
        assert_eq!(gus.refused(update, json!({"entity_id": entity_id, "name": "x"})), "unauthorized", "{entity_id}");
    }
    assert_eq!(ann.result("config/entity_registry/list", json!({})), before);
    let all = json!({"entity_id": "light.mine", "area_id": null, "hidden_by": "user", "labels": []});
    assert_eq!(ann.result(update, all)["entity_entry"]["hidden_by"], "user");
    assert!(log_in(&server, "gus", "guest").is_err(), "the imported home has no passwords");
}
