//! What an administrator of the realm does: users, sessions, and the settings of tokens.

use std::time::Duration;

use ood_k8s_loopback::random_secret;
use serde_json::{json, Value};

use crate::grants::refused;
use crate::http::{Answer, Body};
use crate::{Error, IdentityProvider, User};

const REALM: &str = "/admin/realms/hpc";
const REFRESH_IN_EXCHANGE: &str = "standard.token.exchange.enableRefreshRequestedTokenType";

impl IdentityProvider {
    /// The user with this name, created if it does not exist.
    pub fn user(&self, name: &str) -> Result<User, Error> {
        self.user_in_groups(name, &[])
    }

    /// The user with this name, created if it does not exist, and a member of at least these groups.
    pub fn user_in_groups(&self, name: &str, groups: &[&str]) -> Result<User, Error> {
        // Held until the end: concurrent tests may create the same user.
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

    /// Ends all sessions of a user: refresh tokens no longer work, and access tokens cannot be exchanged.
    pub fn log_out(&self, user: &User) -> Result<(), Error> {
        let path = format!("{REALM}/users/{}/logout", self.id_of_user(&user.name)?);
        self.change("POST", &path, &json!({}))
    }

    /// Enables or disables a user: a disabled one cannot log in, refresh or exchange.
    pub fn enable_user(&self, user: &User, enabled: bool) -> Result<(), Error> {
        let path = format!("{REALM}/users/{}", self.id_of_user(&user.name)?);
        self.change("PUT", &path, &json!({ "enabled": enabled }))
    }

    /// Sets the lifetime of access tokens and ID tokens; five minutes if not set.
    pub fn set_access_token_life(&self, life: Duration) -> Result<(), Error> {
        self.change("PUT", REALM, &json!({ "accessTokenLifespan": life.as_secs() }))
    }

    /// Sets the lifetime of an idle session and its refresh token; half an hour if not set.
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

    /// Changes a client, in the form of Keycloak's REST API (`ClientRepresentation`).
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
        // 409: it exists already.
        if made.status != 201 && made.status != 409 {
            return Err(refused(format!("create the group {group}"), &made));
        }
        let group = self.id_of(&format!("{path}?exact=true&search={}", encoded(group)))?;
        let user = self.id_of_user(user)?;
        self.change("PUT", &format!("{REALM}/users/{user}/groups/{group}"), &json!({}))
    }

    fn id_of_user(&self, name: &str) -> Result<String, Error> {
        self.id_of(&format!("{REALM}/users?exact=true&username={}", encoded(name)))
    }

    /// The `id` of the only object that a search finds.
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

    /// Each call uses a new token, so that none has expired.
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
