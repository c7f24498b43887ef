/**
 * `nix flake run`, which is `nix run`: Nix had it in 2019 and has it no more.
 */

#include "for-this-nix.hh"

#include "command.hh"

namespace nix {

static auto registerFlakeRun = OnStartup([] {
    if (!squid::isForThisNix())
        return;
    auto & all = *RegisterCommand::commands;
    auto flake = all.at({"flake"}), run = all.at({"run"});
    all[{"flake"}] = [flake, run] {
        auto command = flake();
        if (auto several = dynamic_cast<MultiCommand *>(&*command))
            several->commands.emplace("run", run);
        return command;
    };
});

}
