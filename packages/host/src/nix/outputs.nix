# What `nix build`, `nix shell` and `nix run` would take for each asked attribute of a flake, found by their own rules:
# https://nix.dev/manual/nix/latest/command-ref/new-cli/nix#flake-output-attribute
{
  flake,
  system,
  paths, # [ [ "hello" ] [ ] ]: attribute paths as typed, without the default prefixes; [ ] is the default
}:
let
  inherit (builtins)
    attrNames
    concatMap
    getContext
    head
    isAttrs
    map
    parseDrvName
    tail
    unsafeDiscardStringContext
    ;

  # [ value ], or [ ] where the flake has no such attribute.
  lookup =
    path: value:
    if path == [ ] then
      [ value ]
    else if isAttrs value && value ? ${head path} then
      lookup (tail path) value.${head path}
    else
      [ ];

  first =
    candidates:
    let
      found = concatMap (path: map (value: { inherit path value; }) (lookup path flake)) candidates;
    in
    if found == [ ] then null else head found;

  packageCandidates =
    path:
    if path == [ ] then
      [
        [ "packages" system "default" ]
        [ "defaultPackage" system ]
      ]
    else
      [
        ([ "packages" system ] ++ path)
        ([ "legacyPackages" system ] ++ path)
        path
      ];

  # `nix run` looks among the apps first.
  runCandidates =
    path:
    (
      if path == [ ] then
        [
          [ "apps" system "default" ]
          [ "defaultApp" system ]
        ]
      else
        [ ([ "apps" system ] ++ path) ]
    )
    ++ packageCandidates path;

  kind = found: if found == null || !isAttrs found.value then "" else found.value.type or "";

  # What says nothing is installed by its first output, which is also what it stands for in strings.
  outputsToInstall =
    drv:
    let
      first = [ (drv.outputName or "out") ];
    in
    if drv.outputSpecified or false then first else drv.meta.outputsToInstall or first;

  package = drv: {
    name = drv.name;
    derivation = unsafeDiscardStringContext drv.drvPath;
    outputs = map (name: {
      inherit name;
      path = unsafeDiscardStringContext drv.${name}.outPath;
    }) (drv.outputs or [ "out" ]);
    outputsToInstall = outputsToInstall drv;
    program = unsafeDiscardStringContext "${drv.outPath}/bin/${
      drv.meta.mainProgram or drv.pname or (parseDrvName drv.name).name
    }";
    programNeeds = [ (drv.outputName or "out") ];
  };

  app = value: {
    program = unsafeDiscardStringContext value.program;
    needs =
      let
        context = getContext value.program;
      in
      concatMap (
        path:
        map (output: {
          derivation = path;
          inherit output;
        }) (context.${path}.outputs or [ ])
      ) (attrNames context);
  };

  describe =
    path:
    let
      asPackage = first (packageCandidates path);
      asRun = first (runCandidates path);
    in
    {
      package = if kind asPackage == "derivation" then package asPackage.value else null;
      app = if kind asRun == "app" then app asRun.value else null;
      path =
        if kind asPackage == "derivation" then
          asPackage.path
        else if kind asRun == "app" then
          asRun.path
        else
          null;
      exists = asPackage != null || asRun != null;
    };
in
{
  found = map describe paths;
  available = attrNames ((flake.packages.${system} or { }) // (flake.apps.${system} or { }));
}
