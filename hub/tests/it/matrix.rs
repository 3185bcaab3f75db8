//! Every action, by every role, on what is theirs and what is not: measured on the running hub and compared with
//! `docs/matrix.md`. `cargo xtask matrix --bless` writes that file anew.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::{
    rows,
    support::{Server, Ws},
};

const ROLES: [&str; 6] = ["kitchen", "areas", "reader", "user", "admin", "owner"];

/// What the resource is: the light that `kitchen` may control, and one that it may not.
const LIGHTS: [&str; 2] = ["light.kitchen_lights", "light.bed_light"];

fn line(table: &mut String, name: &str, access: &str, cells: &[String]) {
    writeln!(table, "| `{name}` | {access} | {} |", cells.join(" | ")).unwrap();
}

fn head(table: &mut String, title: &str, roles: &[&str]) {
    writeln!(table, "\n## {title}\n\n| action | access | {} |", roles.join(" | ")).unwrap();
    writeln!(table, "|---|---|{}", "---|".repeat(roles.len())).unwrap();
}

/// Joins what happened to one's own and to another's thing; once if it is the same.
fn cell(outcomes: [String; 2]) -> String {
    let [own, other] = outcomes;
    if own == other { own } else { format!("{own} / {other}") }
}

fn rest_table(server: &Server, table: &mut String) {
    let roles: Vec<_> = ["nobody"].into_iter().chain(ROLES).collect();
    head(table, "REST", &roles);
    let (own, other) = (rows::rest(LIGHTS[0]), rows::rest(LIGHTS[1]));
    for (own, other) in own.iter().zip(&other) {
        let cells = roles.iter().map(|role| {
            cell([own, other].map(|row| {
                if row.path == "/api/stream" {
                    return stream_status(server, role);
                }
                let mut request = server.request(row.route.method, &row.path);
                if *role != "nobody" {
                    request = request.token(&server.token(role));
                }
                match &row.body {
                    Some(body) => request.json(body).send(),
                    None => request.send(),
                }
                .status
                .to_string()
            }))
        });
        let cells: Vec<_> = cells.collect();
        line(table, &format!("{} {}", own.route.method, own.route.path), own.route.access.as_str(), &cells);
    }
}

/// A stream goes on for whoever may read it: its head is enough.
fn stream_status(server: &Server, role: &str) -> String {
    use std::io::{Read, Write};
    let mut socket = std::net::TcpStream::connect(&server.address).unwrap();
    let token = if role == "nobody" { String::new() } else { server.token(role) };
    write!(socket, "GET /api/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n").unwrap();
    let mut head = [0; 12];
    socket.read_exact(&mut head).unwrap();
    String::from_utf8_lossy(&head[9..]).into_owned()
}

fn outcome(answer: &Value) -> String {
    if answer["type"] == "pong" || answer["success"] == true {
        return "ok".to_owned();
    }
    let error = &answer["error"];
    match (error["code"].as_str().unwrap(), error["message"].as_str().unwrap()) {
        (_, "Unauthorized") => "denied".to_owned(),
        (code, _) => code.to_owned(),
    }
}

fn ws_table(server: &Server, table: &mut String) {
    head(table, "WebSocket", &ROLES);
    let mut clients: Vec<Ws> = ROLES.iter().map(|role| server.ws_as(role)).collect();
    let (own, other) = (rows::ws(LIGHTS[0]), rows::ws(LIGHTS[1]));
    for (own, other) in own.iter().zip(&other) {
        let cells = clients
            .iter_mut()
            .map(|client| cell([own, other].map(|row| outcome(&client.call(row.command.name, row.members.clone())))));
        let cells: Vec<_> = cells.collect();
        line(table, own.command.name, own.command.access.as_str(), &cells);
    }
}

fn service_table(server: &Server, table: &mut String) {
    head(table, "Services", &ROLES);
    let mut clients: Vec<Ws> = ROLES.iter().map(|role| server.ws_as(role)).collect();
    let services = clients[5].result("get_services", json!({}));
    for (domain, by_name) in services.as_object().unwrap() {
        for (name, description) in by_name.as_object().unwrap() {
            let access = rows::service_access(domain, name);
            let cells = clients.iter_mut().map(|client| {
                cell(LIGHTS.map(|light| {
                    let data = rows::service(domain, name, description, light);
                    let wants = description.get("response").is_some_and(|r| r["optional"] == false);
                    let call = json!({
                        "domain": domain, "service": name, "service_data": data, "return_response": wants,
                    });
                    let answer = client.call("call_service", call);
                    // Whatever a service that was allowed then says of its data is its own matter.
                    match outcome(&answer).as_str() {
                        "denied" => "denied".to_owned(),
                        "not_found" if access.contains('.') => "not_found".to_owned(),
                        "not_found" | "invalid_format" => panic!("{domain}.{name} {data:?}: {answer}"),
                        _ => "ok".to_owned(),
                    }
                }))
            });
            let cells: Vec<_> = cells.collect();
            line(table, &format!("{domain}.{name}"), &access, &cells);
        }
    }
}

#[test]
fn matrix_is_as_committed() {
    let server = Server::demo();
    let mut table = String::from(
        "# The permission matrix\n\n\
        Measured on the demo home, not written: `cargo xtask matrix` compares, `cargo xtask matrix --bless` writes.\n\n\
        Each cell is what happened: a status, or `ok`, `denied`, an error's code. `a / b` is for\n\
        `light.kitchen_lights` (which `kitchen` may read and control) and `light.bed_light` (which it may not).\n\
        `reader` may read everything, `areas` has the kitchen, `user` everything but administration. Requests that\n\
        would change something name things that do not exist, so `404`, `not_found` and the like mean: let through,\n\
        and nothing was there.\n",
    );
    rest_table(&server, &mut table);
    ws_table(&server, &mut table);
    service_table(&server, &mut table);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/matrix.md");
    if std::env::var_os("DOORWARD_BLESS").is_some() {
        std::fs::write(path, &table).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    for (n, (now, then)) in table.lines().zip(committed.lines()).enumerate() {
        assert_eq!(now, then, "docs/matrix.md:{}: not as committed; see `cargo xtask matrix --bless`", n + 1);
    }
    assert_eq!(table.lines().count(), committed.lines().count(), "docs/matrix.md has other rows");
}
