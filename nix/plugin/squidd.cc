#include "squidd.hh"

#include "hash.hh"
#include "loopback.hh"
#include "util.hh"

#include <nlohmann/json.hpp>

#include <algorithm>

#include <sys/random.h>

using namespace nix;

namespace squid {

namespace {

/** SHA-256 in blocks of so many bytes (FIPS 180-4). */
constexpr size_t blockSize = 64;

std::string_view bytesOf(const Hash & hash)
{
    return {reinterpret_cast<const char *>(hash.hash), hash.hashSize};
}

/** HMAC-SHA256, hexadecimal. Spec: https://www.rfc-editor.org/rfc/rfc2104 */
std::string hmac(std::string key, const std::string & message)
{
    if (key.size() > blockSize)
        key = bytesOf(hashString(htSHA256, key));
    key.resize(blockSize, '\0');
    std::string inner(key), outer(key);
    for (auto & c : inner) c ^= 0x36;
    for (auto & c : outer) c ^= 0x5c;
    auto digest = hashString(htSHA256, inner + message);
    return hashString(htSHA256, outer.append(bytesOf(digest))).to_string(Base16, false);
}

/** Anything that was not sent before. */
std::string makeNonce()
{
    unsigned char bytes[16];
    if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
        throw SysError("cannot get random bytes");
    std::string text;
    for (auto byte : bytes) text += fmt("%02x", (unsigned) byte);
    return text;
}

std::string percentEncoded(std::string_view text)
{
    std::string encoded;
    for (unsigned char c : text)
        if (isalnum(c) || c == '-' || c == '.' || c == '_' || c == '~') encoded += c;
        else encoded += fmt("%%%02X", (unsigned) c);
    return encoded;
}

/** Where squidd of this home keeps what it writes: $SQUID_HOME/state, else the XDG folder. */
Path stateDir()
{
    if (auto home = getEnv("SQUID_HOME"); home && !home->empty())
        return *home + "/state";
    auto xdg = getEnv("XDG_STATE_HOME");
    return (xdg && hasPrefix(*xdg, "/") ? *xdg : getHome() + "/.local/state") + "/squid";
}

/** The sentence of a refusal, as the API or the cache has it, or that there is none. */
std::string refusal(const Answer & answer)
{
    auto value = nlohmann::json::parse(answer.body, nullptr, false);
    if (value.is_object() && value.contains("error") && value["error"].is_object())
        if (auto message = value["error"].value("message", nlohmann::json()); message.is_string())
            return filterANSIEscapes(message.get<std::string>(), true);
    const std::string mark = "error: ";
    if (hasPrefix(answer.body, mark) && answer.body.find('\n') == answer.body.size() - 1)
        return filterANSIEscapes(answer.body.substr(mark.size(), answer.body.size() - mark.size() - 1), true);
    return fmt("squidd answers with status %d", answer.status);
}

}

Cache joined(const Cache & one, const Cache & other)
{
    const std::string prefix = "/of/";
    auto releases = tokenizeString<Strings>(one.path.substr(prefix.size()), "~");
    for (auto & release : tokenizeString<Strings>(other.path.substr(prefix.size()), "~"))
        if (std::find(releases.begin(), releases.end(), release) == releases.end())
            releases.push_back(release);
    return {.origin = one.origin, .path = prefix + concatStringsSep("~", releases), .publicKey = one.publicKey};
}

Squidd::Squidd(std::string origin, std::string secret)
    : origin(std::move(origin))
    , secret(std::move(secret))
{ }

Squidd Squidd::ofThisHome()
{
    auto file = stateDir() + "/squidd.json";
    try {
        auto state = nlohmann::json::parse(readFile(file));
        auto secret = state.at("secret").get<std::string>();
        if (!secret.empty())
            return Squidd(state.at("origin").get<std::string>(), std::move(secret));
    } catch (SysError &) {
    } catch (nlohmann::json::exception &) {
    }
    throw NoSquidd("squidd is not running; start it with: squidd");
}

std::string Squidd::text(const std::string & target) const
{
    auto nonce = makeNonce();
    Answer answer;
    try {
        answer = getFromLoopback(origin, target, {{"x-squid-nonce", nonce}});
    } catch (Interrupted &) {
        throw;
    } catch (Error & e) {
        debug("asking squidd for '%s': %s", target, e.what());
        throw NoSquidd("squidd does not answer at %s; start it with: squidd", origin);
    }
    auto proof = hmac(secret, fmt("%s\n%s\n%d\n", nonce, target, answer.status) + answer.body);
    if (answer.headers["x-squid-proof"] != proof)
        throw NoSquidd("what answers at %s is not the squidd of this home; start it with: squidd --port 0", origin);
    if (answer.status != 200)
        throw Error(refusal(answer));
    return std::move(answer.body);
}

nlohmann::json Squidd::ask(const std::string & target) const
{
    auto value = nlohmann::json::parse(text(target), nullptr, false);
    if (!value.is_object())
        throw Error("squidd is of another version than this plugin; build the plugin again");
    return value;
}

Release Squidd::resolve(const std::string & reference) const
{
    auto answer = ask("/api/resolve?ref=" + percentEncoded(reference));
    try {
        // SPACE.FLAKE.VERSION
        auto scope = tokenizeString<std::vector<std::string>>(answer.at("scope").get<std::string>(), ".");
        if (scope.size() != 3)
            throw Error("squidd is of another version than this plugin; build the plugin again");
        return {
            .space = scope[0],
            .flake = scope[1],
            .version = answer.at("version").get<uint64_t>(),
            .narHash = answer.at("narHash").get<std::string>(),
            .lastModified = answer.at("lastModified").get<uint64_t>(),
            .warnings = answer.at("warnings").get<Strings>(),
        };
    } catch (nlohmann::json::exception &) {
        throw Error("squidd is of another version than this plugin; build the plugin again");
    }
}

Cache Squidd::cacheOf(const std::string & space, const std::string & flake, uint64_t version) const
{
    auto key = ask("/api/status").value("publicKey", "");
    if (key.empty())
        throw Error("squidd is of another version than this plugin; build the plugin again");
    return {.origin = origin, .path = fmt("/of/%s.%s.%d", space, flake, version), .publicKey = key};
}

}
