//! What an administrator of the realm does: users, sessions, and the settings that decide what tokens can do.

use std::time::Duration;

use ood_k8s_loopback::random_secret;
use serde_json::{json, Value};

use crate::grants::refused;
use crate::http::{Answer, Body};
use crate::{Error, IdentityProvider, User};

const REALM: &str = "/admin/realms/hpc";
const REFRESH_IN_EXCHANGE: &str = "standard.token.exchange.enableRefreshRequestedTokenType";

impl IdentityProvider {
    /// A user of this name, made if there is none.
    pub fn user(&self, name: &str) -> Result<User, Error> {
        self.user_in_groups(name, &[])
    }

    /// A user of this name, made if there is none, who is in these groups at least.
    pub fn user_in_groups(&self, name: &str, groups: &[&str]) -> Result<User, Error> {
        // Held to the end: tests side by side may want the same user.
        let mut users = self.users.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let known = users.iter().find(|user| user.name == name).cloned();
        let user = match known {
            Some(user) => user,
            None => self.make_user(name)?,
        };
        for group in groups {
            self.join(name, group)?;
        }
        users.retain(|known| known.name != name);
        users.push(user.clone());
        Ok(user)
    }

    /// Ends all sessions of a user: no refresh token works any more, and no access token can be exchanged.
    pub fn log_out(&self, user: &User) -> Result<(), Error> {
        let path = format!("{REALM}/users/{}/logout", self.id_of_user(&user.name)?);
        self.change("POST", &path, &json!({}))
    }

    /// Lets a user log in, refresh and exchange, or not.
    pub fn enable_user(&self, user: &User, enabled: bool) -> Result<(), Error> {
        let path = format!("{REALM}/users/{}", self.id_of_user(&user.name)?);
        self.change("PUT", &path, &json!({ "enabled": enabled }))
    }

    /// How long access tokens and ID tokens live; five minutes if not set.
    pub fn set_access_token_life(&self, life: Duration) -> Result<(), Error> {
        self.change("PUT", REALM, &json!({ "accessTokenLifespan": life.as_secs() }))
    }

    /// How long a session lives without a refresh, and with it its refresh token; half an hour if not set.
    pub fn set_session_idle(&self, life: Duration) -> Result<(), Error> {
        self.change("PUT", REALM, &json!({ "ssoSessionIdleTimeout": life.as_secs() }))
    }

    /// "Revoke Refresh Token": each refresh token works once.
    pub fn set_single_use_refresh_tokens(&self, single_use: bool) -> Result<(), Error> {
        let settings = json!({ "revokeRefreshToken": single_use, "refreshTokenMaxReuse": 0 });
        self.change("PUT", REALM, &settings)
    }

    /// "Allow refresh token in Standard Token Exchange", for the client `kubernetes`: "Same session" or "No".
    pub fn set_refresh_tokens_in_exchange(&self, allowed: bool) -> Result<(), Error> {
        let value = if allowed { "SAME_SESSION" } else { "NO" };
        self.change_client(&self.kubernetes.id, |client| {
            client["attributes"][REFRESH_IN_EXCHANGE] = json!(value);
        })
    }

    /// "Standard Token Exchange" of the client `kubernetes`.
    pub fn set_exchange(&self, allowed: bool) -> Result<(), Error> {
        self.change_client(&self.kubernetes.id, |client| {
            client["attributes"]["standard.token.exchange.enabled"] = json!(allowed.to_string());
        })
    }

    /// Changes what Keycloak knows of a client, in the form of its REST interface (`ClientRepresentation`).
    pub fn change_client(&self, id: &str, change: impl FnOnce(&mut Value)) -> Result<(), Error> {
        let found = self.administer("GET", &format!("{REALM}/clients?clientId={id}"), &Body::None)?;
        let mut client = found.body[0].clone();
        let Some(uuid) = client["id"].as_str().map(str::to_owned) else {
            return Err(refused(format!("find the client {id}"), &found));
        };
        change(&mut client);
        self.change("PUT", &format!("{REALM}/clients/{uuid}"), &client)
    }

    fn make_user(&self, name: &str) -> Result<User, Error> {
        let password = random_secret()?;
        let user = json!({
            "username": name, "enabled": true,
            "credentials": [{ "type": "password", "value": password, "temporary": false }],
        });
        self.change("POST", &format!("{REALM}/users"), &user)?;
        Ok(User {
            name: name.to_owned(),
            password,
        })
    }

    fn join(&self, user: &str, group: &str) -> Result<(), Error> {
        let path = format!("{REALM}/groups");
        let made = self.administer("POST", &path, &Body::Json(&json!({ "name": group })))?;
        // 409: it is there already.
        if made.status != 201 && made.status != 409 {
            return Err(refused(format!("make the group {group}"), &made));
        }
        let group = self.id_of(&format!("{path}?exact=true&search={}", encoded(group)))?;
        let user = self.id_of_user(user)?;
        self.change("PUT", &format!("{REALM}/users/{user}/groups/{group}"), &json!({}))
    }

    fn id_of_user(&self, name: &str) -> Result<String, Error> {
        self.id_of(&format!("{REALM}/users?exact=true&username={}", encoded(name)))
    }

    /// The `id` of the one object that a search finds.
    fn id_of(&self, search: &str) -> Result<String, Error> {
        let found = self.administer("GET", search, &Body::None)?;
        let id = found.body[0]["id"].as_str().map(str::to_owned);
        id.ok_or_else(|| refused(format!("find {search}"), &found))
    }

    fn change(&self, method: &str, path: &str, body: &Value) -> Result<(), Error> {
        let answer = self.administer(method, path, &Body::Json(body))?;
        if (200..300).contains(&answer.status) {
            return Ok(());
        }
        Err(refused(format!("{method} {path}"), &answer))
    }

    /// Each call has a token of its own, so that none has ended.
    fn administer(&self, method: &str, path: &str, body: &Body<'_>) -> Result<Answer, Error> {
        let login = self.ask(&self.admin, &[("grant_type", "client_credentials")])?;
        let token = login.text("access_token");
        let token = token.ok_or_else(|| refused("administer the realm".to_owned(), &login))?;
        self.endpoint.call(method, path, &format!("Bearer {token}"), body)
    }
}

fn encoded(name: &str) -> String {
    form_urlencoded::byte_serialize(name.as_bytes()).collect()
}
