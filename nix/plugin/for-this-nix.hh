#pragma once
/**
 * Nix promises nothing to plugins: what was compiled for one version would crash another. The build defines
 * SQUID_NIX_VERSION.
 */

#include "globals.hh"

namespace squid {

/** Is the Nix that loads the plugin the one that it was built for? */
inline bool isForThisNix()
{
    return nix::nixVersion == SQUID_NIX_VERSION;
}

}
