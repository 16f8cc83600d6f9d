//! Open banking in one process: a directory vouches for software, and the software registers itself.
//!
//! ```text
//! cargo run --example open_banking
//! ```
//!
//! ```text
//!    directory ── software statement, signed by the directory ──► software (the client)
//!        │                                                           │
//!        │ key set, over TLS                                         │ registration request, signed by
//!        ▼                                                           ▼ the software, statement inside
//!    authorization server ◄──────────────────────────────────────────┘
//!        ▲
//!        └── key set of the software, from the address that the statement names
//! ```
//!
//! The authorization server knows one thing in advance: the directory and where its keys are. The statement's
//! signature leads to the address of the software's keys, and these verify the request. So nobody can use a
//! statement that was made for somebody else.

mod authorization_server;
mod key;
mod key_server;
mod parties;
mod show;
mod world;

use std::error::Error;

use reqwest::{Client, Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::authorization_server::AuthorizationServer;
use crate::key::Key;
use crate::key_server::KeyServer;
use crate::parties::{Directory, Software, members};
use crate::world::{World, expect};

/// What the software keeps of its registration.
struct Registration {
    client_id: String,
    /// Where the registration is managed (RFC 7592).
    uri: String,
    token: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let world = set_up().await?;
    let registration = register(&world).await?;
    read_and_update(&world, &registration).await?;
    meet_refusals(&world).await?;
    delete(&world, &registration).await?;
    println!("\nThat was all. Nothing was stored outside this process.");
    Ok(())
}

/// Steps 1 to 3: keys, where they are published, and the server that will look for them there.
async fn set_up() -> Result<World, Box<dyn Error>> {
    show::step(1, "The directory and the software make their keys");
    show::say("Each keeps the private part. What follows is the public part, as a JWK Set (RFC 7517).");
    let (directory_key, software_key) = (Key::generate("directory-1")?, Key::generate("software-1")?);
    let (directory_set, software_set) = (directory_key.public_set()?, software_key.public_set()?);
    show::value("key set of the directory", &directory_set);
    show::value("key set of the software", &software_set);

    show::step(2, "Both publish their key sets over TLS");
    show::say("Here one server has both, with a certificate that it made and signed itself a moment ago.");
    let keys =
        KeyServer::start([("/directory/keys", directory_set), ("/software/keys", software_set.clone())])?;
    let (directory_keys, software_keys) = (keys.url("/directory/keys"), keys.url("/software/keys"));
    show::say(&format!("the directory's: {directory_keys}\nthe software's:  {software_keys}"));

    show::step(3, "The authorization server starts");
    show::say("It trusts that directory alone, and takes nothing but signed requests.");
    let server = AuthorizationServer::start(&keys, parties::DIRECTORY, &directory_keys).await?;
    show::value("configuration", &server.config);

    let directory = Directory::new(directory_key, software_keys);
    let software = Software::new(software_key, software_set);
    Ok(World { directory, software, keys, server, http: Client::new() })
}

/// Steps 4 to 6.
async fn register(world: &World) -> Result<Registration, Box<dyn Error>> {
    show::step(4, "The directory issues a software statement");
    show::say("Whoever holds it can show what the directory says of the software, and where its keys are.");
    let statement = world.directory.statement()?;
    show::token("software statement", &statement)?;

    show::step(5, "The software signs a registration request");
    show::say("The statement is inside. The name differs from it on purpose: see what becomes of that.");
    let request = world.software.request(&world.server.issuer, &statement, Map::new())?;
    show::token("registration request", &request)?;

    show::step(6, "The software registers");
    let (status, answer) = world.send(Method::POST, &world.server.endpoint, None, Some(&request)).await?;
    expect(status, StatusCode::CREATED)?;
    show::say("The statement's key set verified the statement, the software's the request. The name is that");
    show::say("of the statement: what the directory vouches for wins over what the software says of itself.");
    let text = |name: &str| -> Result<String, String> {
        answer
            .get(name)
            .and_then(Value::as_str)
            .map(str::to_owned)
            .ok_or_else(|| format!("the answer has no {name}"))
    };
    Ok(Registration {
        client_id: text("client_id")?,
        uri: text("registration_client_uri")?,
        token: text("registration_access_token")?,
    })
}

/// Steps 7 and 8.
async fn read_and_update(world: &World, registration: &Registration) -> Result<(), Box<dyn Error>> {
    show::step(7, "The software reads its registration");
    let (status, _) = world.send(Method::GET, &registration.uri, Some(&registration.token), None).await?;
    expect(status, StatusCode::OK)?;

    show::step(8, "The software updates its registration");
    show::say("An update is a whole new request (RFC 7592), and so it has a fresh signature and a fresh");
    show::say("statement. It names the client, and leaves out one of the two redirection URIs.");
    let statement = world.directory.statement()?;
    let changes = members(json!({
        "client_id": registration.client_id,
        "redirect_uris": [parties::REDIRECT_URIS[0]],
    }));
    let request = world.software.request(&world.server.issuer, &statement, changes)?;
    show::token("update", &request)?;
    let token = Some(registration.token.as_str());
    let (status, _) = world.send(Method::PUT, &registration.uri, token, Some(&request)).await?;
    expect(status, StatusCode::OK)?;
    show::say("The server asked for no keys this time: it keeps key sets for a while.");
    Ok(())
}

/// Steps 9 and 10.
async fn meet_refusals(world: &World) -> Result<(), Box<dyn Error>> {
    let audience = &world.server.issuer;

    show::step(9, "Refused: the software changes its statement");
    show::say("It would rather be another software, and so replaces a claim. The signature stays as it was.");
    let statement = key::tampered(&world.directory.statement()?, "software_id", json!("a-bank"))?;
    show::token("tampered statement", &statement)?;
    let request = world.software.request(audience, &statement, Map::new())?;
    let (status, _) = world.send(Method::POST, &world.server.endpoint, None, Some(&request)).await?;
    expect(status, StatusCode::BAD_REQUEST)?;
    show::say("The directory did not sign this, and the rest of the request is not looked at any more.");

    show::step(10, "Refused: somebody else uses a good statement");
    show::say(
        "A thief found the statement and signs a request around it, with another key of the same name.",
    );
    let thief_key = Key::generate("software-1")?;
    let thief_set = thief_key.public_set()?;
    let thief = Software::new(thief_key, thief_set);
    let request = thief.request(audience, &world.directory.statement()?, Map::new())?;
    show::token("request of the thief", &request)?;
    let (status, _) = world.send(Method::POST, &world.server.endpoint, None, Some(&request)).await?;
    expect(status, StatusCode::BAD_REQUEST)?;
    show::say("The statement leads to the keys of the software, and none of them made this signature.");
    Ok(())
}

/// Steps 11 and 12.
async fn delete(world: &World, registration: &Registration) -> Result<(), Box<dyn Error>> {
    show::step(11, "The software deletes its registration");
    let token = Some(registration.token.as_str());
    let (status, _) = world.send(Method::DELETE, &registration.uri, token, None).await?;
    expect(status, StatusCode::NO_CONTENT)?;

    show::step(12, "Gone: its token has no more effect");
    let (status, _) = world.send(Method::GET, &registration.uri, token, None).await?;
    expect(status, StatusCode::UNAUTHORIZED)
}
