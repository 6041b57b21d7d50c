// What is signed between relay and client, each in one place for both sides: greeting, certificate of the online key, the owner's
// proof and the owner's signed requests. Used by relay and client; pure functions, any thread. Numbers are big-endian.
#pragma once

#include "crypto/base/sign.hpp"
#include "proto/ids.hpp"
#include "proto/wire.pb.h"

namespace vigil {

// What binds a signature to one relay and one TLS connection: a signature shown elsewhere is worth nothing.
struct Binding {
  PublicKey root;
  Exporter exporter;  // RFC 9266, labels::tls_exporter
};

// Relay: the online key over label "vigil greeting" | be32 version | root | exporter | challenge.
Signature sign_greeting(const SigningKey& online, const Binding& binding, const Challenge& challenge);
bool verify_greeting(const PublicKey& online, const Signature& signature, const Binding& binding, const Challenge& challenge);

// Root: over label "vigil online key" | online_key | be64 not_before | be64 not_after. 'verify' says nothing about the time.
void sign_online_key(const SigningKey& root, wire::RootCertificate& certificate);
bool verify_online_key(const PublicKey& root, const wire::RootCertificate& certificate);

// Owner: over label "vigil owner" | be32 version | root | exporter | challenge | mailbox id.
Signature sign_proof(const SigningKey& owner, const Binding& binding, const Challenge& challenge);
bool verify_proof(const PublicKey& owner, const Signature& signature, const Binding& binding, const Challenge& challenge);

// Owner: over label "vigil grant" | root | exporter | address_hash | rights | be32 life_max | be32 prekeys_max | be32 expires,
// where rights is one byte: 1 urgent, 2 normal, 4 vigils. 'sign' fills grant.signature.
void sign_grant(const SigningKey& owner, const Binding& binding, wire::Grant& grant);
bool verify_grant(const PublicKey& owner, const Binding& binding, const wire::Grant& grant);

// Owner: over label "vigil withdraw" | root | exporter | address_hash.
void sign_withdraw(const SigningKey& owner, const Binding& binding, wire::Withdraw& withdraw);
bool verify_withdraw(const PublicKey& owner, const Binding& binding, const wire::Withdraw& withdraw);

// Owner: over label "vigil burn" | root | exporter | mailbox id.
void sign_burn(const SigningKey& owner, const Binding& binding, wire::Burn& burn);
bool verify_burn(const PublicKey& owner, const Binding& binding, const wire::Burn& burn);

}  // namespace vigil
