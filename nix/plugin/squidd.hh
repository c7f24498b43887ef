#pragma once
/**
 * What the plugin asks the squidd of this home: docs/nix-protocol.md.
 *
 * Anybody on this machine may listen on squidd's port while squidd does not. An answer counts only with the proof
 * that whoever gave it knows the secret of this home's `state/squidd.json`.
 */

#include "error.hh"
#include "types.hh"

#include <nlohmann/json_fwd.hpp>

namespace squid {

/** No squidd of this home answers. What squidd itself refuses is a plain nix::Error. */
class NoSquidd : public nix::Error
{
public:
    using nix::Error::Error;
};

/** Where a reference leads: `GET /api/resolve`. */
struct Release
{
    /** Object id of the Space that released it. */
    std::string space;
    /** Name of the flake in that Space. */
    std::string flake;
    uint64_t version;
    /** SRI, SHA-256. */
    std::string narHash;
    uint64_t lastModified;
    nix::Strings warnings;
};

/** A cache of the paths of releases, and the key that signs for it. */
struct Cache
{
    std::string origin;
    /** At the origin, without a slash at its end. */
    std::string path;
    std::string publicKey;

    std::string url() const { return origin + path; }
};

/** The cache of the releases of both. */
Cache joined(const Cache & one, const Cache & other);

/** The squidd of this home. */
class Squidd
{
    std::string origin;
    std::string secret;

public:
    /** The one that wrote down where it is. @throws NoSquidd */
    static Squidd ofThisHome();

    /** @throws NoSquidd; nix::Error with the sentence of squidd's refusal */
    Release resolve(const std::string & reference) const;

    /** Asks neither ledger nor storage. @throws NoSquidd */
    Cache cacheOf(const std::string & space, const std::string & flake, uint64_t version) const;

    /** The text at a path of squidd, proven. @throws NoSquidd; nix::Error for any other status than 200 */
    std::string text(const std::string & target) const;

private:
    Squidd(std::string origin, std::string secret);

    nlohmann::json ask(const std::string & target) const;
};

}
