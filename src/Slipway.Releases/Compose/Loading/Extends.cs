namespace Slipway.Releases.Compose;

/// <summary>
/// Carries out <c>extends</c> (Compose Specification, 05-services.md): the named service lies under the one that names it. Networks, volumes and
/// the like that the extended service uses are not brought along; whoever extends defines them.
/// </summary>
sealed class Extends(FileReader files, Variables variables, Findings findings, KeyWalk keys)
{
    /// <param name="earlier">What the files before this one say, for a service that stands only there.</param>
    public Mapping Resolve(Mapping root, Mapping? earlier)
    {
        if (root.Find("services") is not Mapping services) return root;
        var resolved = services.Entries.Select(e => e with { Value = Resolve(e.Value, e.Key, services, earlier, []) });
        return root.With("services", new Mapping(services.Mark, [.. resolved], services.Tag));
    }

    Node Resolve(Node node, string name, Mapping services, Mapping? earlier, IReadOnlyList<(string File, string Service)> chain)
    {
        if (node is not Mapping service || service.Find("extends") is not { IsNull: false } extends) return node;
        var path = $"services.{name}.extends";
        service = service.Without("extends");
        var (target, file) = extends switch
        {
            Scalar scalar => (scalar.Text, null),
            Mapping mapping => ((mapping.Find("service") as Scalar)?.Text, mapping.Find("file") as Scalar),
            _ => (null, null),
        };
        if (target is null)
        {
            findings.Error(extends.Mark, path, "it does not say which service", null, "a service's name, or service: and file:");
            return service;
        }

        var here = (extends.Mark.Source.Name, name);
        if (chain.Contains(here))
        {
            findings.Error(extends.Mark, path, "services extend each other in a circle: " + string.Join(" → ", chain.Append(here).Select(c => c.Item2)), target, "a service that does not extend this one");
            return service;
        }
        var under = file is null
            ? Local(target, services, earlier, extends, path, [.. chain, here])
            : Other(target, file, extends, path, [.. chain, here]);
        return under is null ? service : TreeMerge.Merge(under, service, "services." + name);
    }

    Node? Local(string target, Mapping services, Mapping? earlier, Node extends, string path, IReadOnlyList<(string, string)> chain)
    {
        if (services.Find(target) is { } found) return Resolve(found, target, services, earlier, chain);
        if ((earlier?.Find("services") as Mapping)?.Find(target) is { } before) return before;
        findings.Error(extends.Mark, path, $"there is no service '{target}'", target, Spelling.Choices(services.Entries.Select(e => e.Key)));
        return null;
    }

    Node? Other(string target, Scalar file, Node extends, string path, IReadOnlyList<(string, string)> chain)
    {
        var full = HostPath.Resolve(file.Text, file.Mark.Source.Folder, variables);
        foreach (var document in files.Documents(full, Path.GetDirectoryName(full) ?? "/", variables, file.Mark, path + ".file"))
        {
            if (document.Find("services") is not Mapping services || services.Find(target) is not { } found) continue;
            keys.WalkService(found, target);
            return Resolve(found, target, services, null, chain);
        }
        if (File.Exists(full)) findings.Error(extends.Mark, path, $"there is no service '{target}' in {files.Show(full)}", target, "a service of that file");
        return null;
    }
}
