/**
 * The flake inputs `sui:@alice:hello`, `sui:0x…:hello` and `sui:0x…`, with `?version=` or `?tag=`, as docs/nix.md
 * has them.
 *
 * A lock is { type = "sui", owner, flake, version, object, narHash, lastModified }: the name as it was typed, and the
 * object id of the Space that stood behind it. What is locked needs no squidd where another cache has the source.
 *
 * What is believed: squidd's answers, by their proof; bytes, by the NAR hash of the answer or of the lock, because a
 * source's store path follows from it; and of other store paths what this machine's key signed, which Nix checks.
 */

#include "for-this-nix.hh"
#include "loopback.hh"
#include "squidd.hh"

#include "compression.hh"
#include "fetchers.hh"
#include "filetransfer.hh"
#include "nar-info.hh"
#include "store-api.hh"

#include <regex>

namespace nix::fetchers {

namespace {

const std::regex ownerRegex("@[a-z0-9-]{3,63}|0x[0-9a-f]{1,64}");
const std::regex flakeRegex("[a-z0-9][a-z0-9_-]{0,63}");
const std::regex tagRegex("[a-z0-9][a-z0-9._-]{0,63}");
const std::regex objectRegex("0x[0-9a-f]{64}");

/** Exactly one release, and its source. */
struct Lock
{
    std::string space;
    std::string flake;
    uint64_t version;
    Hash narHash;
};

/** Undefined for an input that is not fully locked. */
std::optional<Lock> lockOf(const Input & input)
{
    auto space = maybeGetStrAttr(input.attrs, "object");
    auto flake = maybeGetStrAttr(input.attrs, "flake");
    auto version = maybeGetIntAttr(input.attrs, "version");
    auto narHash = input.getNarHash();
    if (!space || !flake || !version || !narHash || !input.getLastModified())
        return {};
    return Lock {.space = *space, .flake = *flake, .version = *version, .narHash = *narHash};
}

/** As squidd and the command line of Squid have it. */
std::string referenceOf(const Input & input)
{
    auto reference = "sui:" + getStrAttr(input.attrs, "owner");
    if (auto flake = maybeGetStrAttr(input.attrs, "flake"))
        reference += ":" + *flake;
    if (auto version = maybeGetIntAttr(input.attrs, "version"))
        return reference + fmt("?version=%d", *version);
    if (auto tag = maybeGetStrAttr(input.attrs, "tag"))
        return reference + "?tag=" + *tag;
    return reference;
}

void assertMatches(const std::regex & regex, const std::string & value, std::string_view what)
{
    if (!std::regex_match(value, regex))
        throw BadURL("'%s' is not %s", filterANSIEscapes(value, true), what);
}

/** @throws BadURL */
Input checked(Input && input)
{
    auto owner = getStrAttr(input.attrs, "owner");
    auto flake = maybeGetStrAttr(input.attrs, "flake");
    assertMatches(ownerRegex, owner, "a @name or 0x… id; write sui:@alice:hello");
    if (flake)
        assertMatches(flakeRegex, *flake, "the name of a flake");
    else if (hasPrefix(owner, "@"))
        throw BadURL("'sui:%s' names no flake: write sui:%s:FLAKE", owner, owner);
    if (auto tag = maybeGetStrAttr(input.attrs, "tag")) {
        assertMatches(tagRegex, *tag, "a tag");
        if (maybeGetIntAttr(input.attrs, "version"))
            throw BadURL("'sui:%s' has both a version and a tag", owner);
    }
    if (auto object = maybeGetStrAttr(input.attrs, "object"))
        assertMatches(objectRegex, *object, "the object id of a Space");
    if (auto version = maybeGetIntAttr(input.attrs, "version"); version && *version == 0)
        throw BadURL("versions of 'sui:%s' begin with 1", owner);
    return std::move(input);
}

/**
 * Lets this Nix, and the daemon that works for it, take the paths of a release from squidd: what squidd signs for, and
 * no answer of yesterday. Nix reads these settings when it first looks into its caches, so they come before that. The
 * releases of one call share a cache: there squidd notices when they disagree about a path.
 */
void use(const squid::Cache & cache, Store & store)
{
    static std::optional<squid::Cache> all;
    auto joined = all ? squid::joined(*all, cache) : cache;
    if (all && joined.path == all->path)
        return;
    Strings substituters = settings.substituters.get();
    if (all)
        substituters.remove(all->url());
    substituters.push_back(joined.url());
    globalConfig.set("substituters", concatStringsSep(" ", substituters));
    if (!all)
        globalConfig.set("extra-trusted-public-keys", joined.publicKey);
    globalConfig.set("narinfo-cache-negative-ttl", "0");
    globalConfig.set("narinfo-cache-positive-ttl", "0");
    // Nix looks into no cache where a machine is in no network; squidd is on the machine itself.
    if (!settings.useSubstitutes.overridden && squid::isAlone())
        globalConfig.set("substitute", "true");
    store.setOptions();
    all = joined;
}

/** Fetches a source from squidd. @throws Error unless its content is what the path says; nothing wrong is kept under the path */
void take(const StorePath & path, const squid::Squidd & squidd, const squid::Cache & cache, Store & store)
{
    auto at = cache.path + "/" + std::string(path.hashPart()) + ".narinfo";
    NarInfo info(store, squidd.text(at), at);
    auto nar = sinkToSource([&](Sink & sink) {
        auto unpacked = makeDecompressionSink(info.compression, sink);
        getFileTransfer()->download(FileTransferRequest(cache.url() + "/" + info.url), *unpacked);
        unpacked->finish();
    });
    auto got = store.addToStoreFromDump(*nar, path.name());
    if (got != path)
        throw Error("squidd sent other bytes for '%s' than the ledger names", store.printStorePath(path));
}

}

struct SuiInputScheme : InputScheme
{
    /** Sources that this process fetched, by NAR hash. */
    StringSet fetched;

    std::optional<Input> inputFromURL(const ParsedURL & url) override
    {
        if (url.scheme != "sui") return {};
        if (url.authority)
            throw BadURL("write sui:@alice:hello, without slashes");
        Attrs attrs = {{"type", "sui"}};
        auto path = percentDecode(url.path);
        auto colon = path.find(':');
        attrs.emplace("owner", path.substr(0, colon));
        if (colon != std::string::npos)
            attrs.emplace("flake", path.substr(colon + 1));
        for (auto & [name, value] : url.query) {
            if (name == "dir") continue; // Nix reads it itself
            if (name == "version" || name == "lastModified") {
                auto number = string2Int<uint64_t>(value);
                if (!number)
                    throw BadURL("'%s' of '%s' is not a number", name, url.url);
                attrs.emplace(name, *number);
            } else
                attrs.emplace(name, value);
        }
        return inputFromAttrs(attrs);
    }

    std::optional<Input> inputFromAttrs(const Attrs & attrs) override
    {
        if (maybeGetStrAttr(attrs, "type") != "sui") return {};
        static const StringSet known =
            {"type", "owner", "flake", "version", "tag", "object", "narHash", "lastModified"};
        for (auto & [name, _] : attrs)
            if (!known.count(name))
                throw Error("a sui: input has no attribute '%s'", name);
        Input input;
        input.attrs = attrs;
        return checked(std::move(input));
    }

    ParsedURL toURL(const Input & input) override
    {
        auto query = attrsToQuery(input.attrs);
        for (auto name : {"type", "owner", "flake"}) query.erase(name);
        auto flake = maybeGetStrAttr(input.attrs, "flake");
        ParsedURL url;
        url.scheme = "sui";
        url.path = getStrAttr(input.attrs, "owner") + (flake ? ":" + *flake : "");
        url.query = query;
        return url;
    }

    /**
     * Nix fetches from its caches, without asking us, what has all info. The first time it is to ask, so that squidd
     * is among its caches by then.
     */
    bool hasAllInfo(const Input & input) override
    {
        auto lock = lockOf(input);
        return lock && fetched.count(lock->narHash.to_string(SRI, true));
    }

    std::pair<StorePath, Input> fetch(ref<Store> store, const Input & given) override
    {
        auto input = lockOf(given) ? given : resolved(given);
        auto lock = *lockOf(input);
        auto path = input.computeStorePath(*store);
        fetchLocked(lock, path, *store);
        if (store->queryPathInfo(path)->narHash != lock.narHash)
            throw Error("'%s' in this store is not what '%s' names", store->printStorePath(path), input.to_string());
        fetched.insert(lock.narHash.to_string(SRI, true));
        return {path, input};
    }

private:

    /** Asks squidd where the reference leads, and locks it. Nix compares what the given input had locked already. */
    static Input resolved(const Input & given)
    {
        auto release = squid::Squidd::ofThisHome().resolve(referenceOf(given));
        for (auto & warning : release.warnings)
            warn("%s", filterANSIEscapes(warning, true));
        if (auto object = maybeGetStrAttr(given.attrs, "object"); object && *object != release.space)
            throw Error("'%s' is now of the Space %s", given.to_string(), release.space);
        Input input(given);
        input.attrs.erase("tag");
        // The id of a flake does not say of which Space it is.
        if (!maybeGetStrAttr(given.attrs, "flake"))
            input.attrs.insert_or_assign("owner", release.space);
        input.attrs.insert_or_assign("flake", release.flake);
        input.attrs.insert_or_assign("version", release.version);
        input.attrs.insert_or_assign("object", release.space);
        input.attrs.insert_or_assign("narHash", release.narHash);
        input.attrs.insert_or_assign("lastModified", release.lastModified);
        return checked(std::move(input));
    }

    /** Makes the source valid in the store: it is there, squidd has it, or, without a squidd, another cache. */
    static void fetchLocked(const Lock & lock, const StorePath & path, Store & store)
    {
        try {
            auto squidd = squid::Squidd::ofThisHome();
            auto cache = squidd.cacheOf(lock.space, lock.flake, lock.version);
            use(cache, store);
            if (!store.isValidPath(path))
                take(path, squidd, cache, store);
        } catch (squid::NoSquidd & absent) {
            try {
                store.ensurePath(path);
            } catch (Error & e) {
                debug("no cache has '%s': %s", store.printStorePath(path), e.what());
                throw absent;
            }
        }
    }
};

static auto registerSuiInputScheme = OnStartup([] {
    if (squid::isForThisNix())
        registerInputScheme(std::make_shared<SuiInputScheme>());
    else
        warn("Squid's plugin was built for Nix %s and does nothing in Nix %s", SQUID_NIX_VERSION, nixVersion);
});

}
