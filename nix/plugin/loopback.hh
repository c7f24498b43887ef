#pragma once
/**
 * One GET over HTTP/1.1 to a program on this machine. Nix's own downloads do not show the headers of an answer, and
 * the proof is one. Spec: https://www.rfc-editor.org/rfc/rfc9112
 */

#include "types.hh"

#include <map>

namespace squid {

/** An answer that came whole. */
struct Answer
{
    int status;
    /** By lower-case name. */
    std::map<std::string, std::string> headers;
    std::string body;
};

/**
 * Dials 127.0.0.1 whatever the host is called.
 * @param origin `http://HOST:PORT`
 * @param target path and query, percent-encoded
 * @throws nix::Error whatever keeps a whole answer from coming within two minutes
 */
Answer getFromLoopback(const std::string & origin, const std::string & target, const nix::Headers & headers);

/** Has this machine no address but its own loopback? */
bool isAlone();

}
