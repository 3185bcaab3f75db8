use std::sync::Arc;

use auth_core::{Action, Authorized, Group, User, principal::danger};
use service_bus::CallRequest;
use store::SqliteStore;

use super::*;
use crate::{AddUser, DeleteUser, Options, Secret};

/// Hands over the calls that it gets, and does nothing with them.
struct Keeps(Mutex<Vec<ServiceCall>>);

#[async_trait]
impl PlainService for Keeps {
    async fn call(&self, call: ServiceCall) -> Result<Option<Value>, HandlerError> {
        self.0.lock().unwrap().push(call);
        Ok(None)
    }
}

impl fmt::Debug for Keeps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keeps")
    }
}

fn asked<R: Action>(home: &Home, request: R) -> Authorized<R> {
    home.bus().authorize(&danger::system_principal("test"), request).unwrap()
}

async fn add(home: &Home, name: &str) -> User {
    let add = AddUser {
        name: name.to_owned(),
        username: name.to_owned(),
        password: Secret::new("secret".to_owned()),
        group_ids: vec![Group::ADMIN.to_owned()],
        local_only: false,
    };
    home.add_user(asked(home, add)).await.unwrap().user
}

/// Whatever was on its way when its user was deleted leaves nothing behind that only administrators would see, for ever.
#[tokio::test]
async fn a_user_who_is_gone_leaves_no_notification() {
    let home = Home::open(Arc::new(SqliteStore::in_memory().unwrap()), Options::default()).await.unwrap();
    let (boss, ann) = (add(&home, "boss").await, add(&home, "ann").await);
    let keeps = Arc::new(Keeps(Mutex::default()));
    let spec = ServiceSpec {
        domain: "test".to_owned(),
        name: "keep".to_owned(),
        access: ServiceAccess::Authenticated,
        schema: Schema::new(vec![Field::required("message", Kind::Text)]),
        response: ResponseMode::None,
        manages: Manages::Nothing,
        handler: Handler::Plain(Arc::clone(&keeps) as Arc<dyn PlainService>),
    };
    home.bus().register(spec).unwrap();
    let principal = danger::user_principal(&ann.id, None);
    for _ in 0..2 {
        let data = Map::from_iter([("message".to_owned(), json!("Tea"))]);
        let context = Context::new(new_context_id(now()), Some(ann.id.clone()));
        home.bus().call(principal.clone(), CallRequest::new("test", "keep", data), context).await.unwrap();
    }
    let [first, second]: [ServiceCall; 2] = std::mem::take(&mut *keeps.0.lock().unwrap()).try_into().unwrap();
    let boss = danger::user_principal(&boss.id, None);
    let seen = || home.notifications(&Viewer::new(&home.bus().world(), &boss)).len();
    home.notify(&first).unwrap();
    assert_eq!(seen(), 1);
    home.delete_user(asked(&home, DeleteUser { user_id: ann.id.to_string() })).await.unwrap();
    assert_eq!(seen(), 0);
    assert!(matches!(home.notify(&second), Err(HandlerError::Unauthorized(_))));
    assert_eq!(seen(), 0);
}
