# What `nix build`, `nix shell` and `nix run` would take for each asked attribute of a flake, found by their own rules:
# https://nix.dev/manual/nix/latest/command-ref/new-cli/nix#flake-output-attribute
{
  flake,
  system,
  paths, # [ [ "hello" ] [ ] ]: attribute paths as typed, without the default prefixes; [ ] is the default
}:
let
  inherit (builtins)
    all
    attrNames
    concatMap
    elemAt
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

  appCandidates =
    path:
    if path == [ ] then
      [
        [ "apps" system "default" ]
        [ "defaultApp" system ]
      ]
    else
      [
        ([ "apps" system ] ++ path)
        path
      ];

  kind = found: if found == null || !isAttrs found.value then "" else found.value.type or "";

  outputsToInstall =
    drv:
    if drv.outputSpecified or false then
      [ (drv.outputName or "out") ]
    else
      drv.meta.outputsToInstall or (drv.outputs or [ "out" ]);

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
      asApp = first (appCandidates path);
    in
    {
      package = if kind asPackage == "derivation" then package asPackage.value else null;
      app = if kind asApp == "app" then app asApp.value else null;
      path =
        if kind asPackage == "derivation" then
          asPackage.path
        else if kind asApp == "app" then
          asApp.path
        else
          null;
      exists = asPackage != null || asApp != null;
    };
in
{
  found = map describe paths;
  available = attrNames ((flake.packages.${system} or { }) // (flake.apps.${system} or { }));
}
