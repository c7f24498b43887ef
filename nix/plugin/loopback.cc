#include "loopback.hh"

#include "filetransfer.hh"
#include "finally.hh"
#include "util.hh"

#include <chrono>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

using namespace nix;

namespace squid {

namespace {

using Clock = std::chrono::steady_clock;

/** A release may have to be read from storage nodes first. */
constexpr auto timeout = std::chrono::seconds(120);
constexpr size_t maxHead = 16 * 1024;
constexpr size_t maxBody = 16 * 1024 * 1024;
/** So often an interrupt by the person is looked for. */
constexpr int pollMs = 100;

struct Origin
{
    /** Host and port, as the Host header has them. */
    std::string host;
    uint16_t port;
};

Origin parseOrigin(const std::string & origin)
{
    const std::string scheme = "http://";
    auto colon = origin.rfind(':');
    if (!hasPrefix(origin, scheme) || colon < scheme.size())
        throw Error("'%s' is not the address of a squidd", origin);
    auto port = string2Int<uint16_t>(origin.substr(colon + 1));
    if (!port)
        throw Error("'%s' is not the address of a squidd", origin);
    return {origin.substr(scheme.size()), *port};
}

AutoCloseFD connectTo(uint16_t port)
{
    AutoCloseFD fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (!fd)
        throw SysError("cannot open a socket");
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd.get(), reinterpret_cast<sockaddr *>(&address), sizeof address) == -1)
        throw SysError("cannot connect to 127.0.0.1:%d", port);
    return fd;
}

/** Waits for bytes and appends them. @returns false at the end of the stream */
bool readMore(int fd, std::string & received, Clock::time_point deadline)
{
    for (;;) {
        checkInterrupt();
        if (Clock::now() > deadline)
            throw Error("no answer came in time");
        pollfd waiting = {.fd = fd, .events = POLLIN, .revents = 0};
        auto ready = poll(&waiting, 1, pollMs);
        if (ready == -1 && errno != EINTR)
            throw SysError("waiting for an answer");
        if (ready <= 0)
            continue;
        char part[16 * 1024];
        auto count = ::recv(fd, part, sizeof part, 0);
        if (count == -1) {
            if (errno == EINTR)
                continue;
            throw SysError("reading an answer");
        }
        received.append(part, count);
        return count > 0;
    }
}

/** Status and headers. @throws what is no answer of HTTP/1.1 */
Answer parseHead(std::string_view head)
{
    auto lines = tokenizeString<Strings>(head, "\r\n");
    if (lines.empty() || lines.front().size() < 12 || !hasPrefix(lines.front(), "HTTP/1.1 "))
        throw Error("what answers does not speak HTTP/1.1");
    auto status = string2Int<int>(lines.front().substr(9, 3));
    if (!status)
        throw Error("what answers does not speak HTTP/1.1");
    lines.pop_front();
    Answer answer = {.status = *status, .headers = {}, .body = ""};
    for (auto & line : lines)
        if (auto colon = line.find(':'); colon != std::string::npos)
            answer.headers[toLower(line.substr(0, colon))] = trim(line.substr(colon + 1));
    return answer;
}

size_t bodyLength(const Answer & answer)
{
    auto header = answer.headers.find("content-length");
    auto length = header == answer.headers.end() ? std::nullopt : string2Int<size_t>(header->second);
    if (!length || *length > maxBody)
        throw Error("what answers does not say a sensible length");
    return *length;
}

}

Answer getFromLoopback(const std::string & origin, const std::string & target, const Headers & headers)
{
    auto [host, port] = parseOrigin(origin);
    auto deadline = Clock::now() + timeout;
    auto fd = connectTo(port);

    auto request = "GET " + target + " HTTP/1.1\r\nhost: " + host + "\r\nconnection: close\r\n";
    for (auto & [name, value] : headers)
        request += name + ": " + value + "\r\n";
    writeFull(fd.get(), request + "\r\n");

    const std::string headEnd = "\r\n\r\n";
    std::string received;
    size_t end;
    while ((end = received.find(headEnd)) == std::string::npos) {
        if (received.size() > maxHead)
            throw Error("the header of an answer has no end");
        if (!readMore(fd.get(), received, deadline))
            throw Error("an answer ended early");
    }
    auto answer = parseHead(std::string_view(received).substr(0, end));
    auto length = bodyLength(answer);
    received.erase(0, end + headEnd.size());
    while (received.size() < length)
        if (!readMore(fd.get(), received, deadline))
            throw Error("an answer ended early");
    answer.body = received.substr(0, length);
    return answer;
}

bool isAlone()
{
    ifaddrs * all;
    if (getifaddrs(&all) == -1)
        return false;
    Finally free([&] { freeifaddrs(all); });
    for (auto one = all; one; one = one->ifa_next)
        if (one->ifa_addr && !(one->ifa_flags & IFF_LOOPBACK))
            if (auto family = one->ifa_addr->sa_family; family == AF_INET || family == AF_INET6)
                return false;
    return true;
}

}
