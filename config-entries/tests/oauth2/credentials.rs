//! Application credentials: added, listed without secrets, not removed while in use, there after a restart.

use config_entries::{AddCredential, ListCredentials, RemoveCredential, oauth2::CredentialError};
use integration_testkit::Kit;
use serde_json::json;

use crate::cloud::Cloud;

fn wish(domain: &str, client_id: &str) -> AddCredential {
    let (domain, client_id) = (domain.to_owned(), client_id.to_owned());
    AddCredential { domain, client_id, client_secret: "hush".into(), name: Some("Mine".to_owned()) }
}

#[tokio::test(start_paused = true)]
async fn what_is_added_is_listed_without_its_secret_and_survives() {
    let cloud = Cloud::default();
    let kit = Kit::new(1).start(cloud.register()).await;
    let added = kit.manager().add_credential(kit.authorize(wish("cloud", "My-App"))).await.unwrap();
    let expected = json!({"id": "cloud_my_app", "domain": "cloud", "client_id": "My-App", "name": "Mine"});
    assert_eq!(added, expected);
    let unknown = kit.manager().add_credential(kit.authorize(wish("fog", "x"))).await;
    assert!(matches!(unknown, Err(CredentialError::UnknownIntegration(domain)) if domain == "fog"));
    let kit = kit.restart(cloud.register()).await;
    assert_eq!(kit.manager().credentials(&kit.authorize(ListCredentials)), [expected]);
    assert_eq!(kit.manager().credential_domains(), ["cloud"]);
    assert!(!format!("{:?}", wish("cloud", "x")).contains("hush"));
}

#[tokio::test(start_paused = true)]
async fn one_in_use_stays() {
    let cloud = Cloud::default();
    let kit = cloud.kit(2_000_000_000).start(cloud.register()).await;
    let remove = |id: &str| kit.manager().remove_credential(kit.authorize(RemoveCredential(id.to_owned())));
    assert!(matches!(remove("cloud_me").await, Err(CredentialError::InUse(domain)) if domain == "cloud"));
    assert!(matches!(remove("cloud_you").await, Err(CredentialError::Unknown(_))));
    let id = kit.only_entry("cloud");
    assert_eq!(kit.manager().credential_of(&kit.authorize(ListCredentials), &id).as_deref(), Some("cloud_me"));
    kit.remove(&id).await.unwrap();
    kit.set_disk_fails(true);
    assert!(matches!(remove("cloud_me").await, Err(CredentialError::Host(_))));
    assert!(matches!(
        kit.manager().add_credential(kit.authorize(wish("cloud", "x"))).await,
        Err(CredentialError::Host(_))
    ));
    assert_eq!(kit.manager().credentials(&kit.authorize(ListCredentials)).len(), 1, "nothing has changed");
    kit.set_disk_fails(false);
    remove("cloud_me").await.unwrap();
    assert!(kit.manager().credentials(&kit.authorize(ListCredentials)).is_empty());
}
