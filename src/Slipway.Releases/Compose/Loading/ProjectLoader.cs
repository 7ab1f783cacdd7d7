using Slipway.Model;

namespace Slipway.Releases.Compose;

/// <summary>
/// From a request to one tree. For each file: YAML, variables, extends; then the files over each other; then what they include.
/// </summary>
sealed class ProjectLoader(ComposeRequest request, Findings findings, KeyWalk keys)
{
    static readonly string[] DefaultFiles = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];
    const int MaxIncludeDepth = 16;

    readonly FileReader _files = new(request.Directory, findings);

    public FileReader Files => _files;

    public Project Load()
    {
        var folder = Path.GetFullPath(request.Directory);
        var variables = new Variables(request.Variables);
        LoadDotEnv(Path.Combine(folder, ".env"), variables, null, required: false);

        var paths = Discover(folder, variables);
        if (paths.Count == 0) return new Project(null, null, variables, new Source("compose.yaml", folder));
        var place = request.Files.Count > 0 && Path.GetDirectoryName(paths[0]) is { } first ? first : folder;
        if (place != folder) LoadDotEnv(Path.Combine(place, ".env"), variables, null, required: false);

        var name = request.Name ?? NameOf(paths, place, variables);
        if (name is not null) variables.Default("COMPOSE_PROJECT_NAME", name.Value.Value);
        var root = Merge(paths, place, variables, null);
        if (root is not null) root = Include(root, variables, [.. paths]);
        return new Project(name, root is null ? null : TreeMerge.Settle(root) as Mapping, variables, new Source(_files.Show(paths[0]), place));
    }

    List<string> Discover(string folder, Variables variables)
    {
        var named = request.Files;
        if (named.Count == 0 && variables.Find("COMPOSE_FILE") is { Length: > 0 } list) named = list.Split(variables.Find("COMPOSE_PATH_SEPARATOR") ?? ":");
        if (named.Count > 0) return [.. named.Select(f => Path.GetFullPath(f, folder))];

        if (DefaultFiles.FirstOrDefault(f => File.Exists(Path.Combine(folder, f))) is not { } found)
        {
            findings.Add(new Diagnostic
            {
                Message = Directory.Exists(folder) ? $"there is no Compose file in {folder}" : $"the folder {folder} does not exist",
                Found = folder,
                Expected = string.Join(", ", DefaultFiles),
            });
            return [];
        }
        var stem = Path.GetFileNameWithoutExtension(found);
        string[] candidates = [found, $"{stem}.override{Path.GetExtension(found)}", $"{stem}.override.yaml", $"{stem}.override.yml"];
        var present = candidates.Where(f => File.Exists(Path.Combine(folder, f))).Distinct(StringComparer.Ordinal).Take(2);
        return [.. present.Select(f => Path.Combine(folder, f))];
    }

    // The name decides ${COMPOSE_PROJECT_NAME} in the files, so it is looked for before they are interpolated as a whole.
    AppName? NameOf(List<string> paths, string folder, Variables variables)
    {
        Mark? mark = null;
        var text = variables.Find("COMPOSE_PROJECT_NAME");
        if (string.IsNullOrEmpty(text))
        {
            var silent = new Findings();
            foreach (var path in paths.Where(File.Exists))
                foreach (var document in YamlTree.Read(_files.Text(path, null, null) ?? "", new Source(_files.Show(path), folder), silent).OfType<Mapping>())
                    if (document.Find("name") is Scalar { IsNullText: false } written)
                        (text, mark) = (Interpolation.Expand(written.Text, variables.Find).Text, written.Mark);
        }
        if (!string.IsNullOrEmpty(text))
        {
            // Compose allows '_', which no host name may contain.
            if (AppName.FromFolder(text) is { } near && near.Value == text.Replace('_', '-')) return near;
            findings.Error(mark, "name", $"'{text}' is no app name", text, AppName.Rule);
            return null;
        }
        if (AppName.FromFolder(Path.GetFileName(folder)) is { } fromFolder) return fromFolder;
        findings.Add(new Diagnostic { Message = $"no app name can be made of the folder's name '{Path.GetFileName(folder)}'", Key = "name", Expected = "a top-level name: in the Compose file, or --app NAME" });
        return null;
    }

    Mapping? Merge(IReadOnlyList<string> paths, string folder, Variables variables, Mark? asked)
    {
        Mapping? merged = null;
        var extends = new Extends(_files, variables, findings, keys);
        foreach (var path in paths)
            foreach (var document in _files.Documents(path, folder, variables, asked, asked is null ? null : "include"))
            {
                keys.WalkFile(document);
                var resolved = extends.Resolve(document, merged);
                merged = merged is null ? resolved : TreeMerge.Merge(merged, resolved) as Mapping ?? merged;
            }
        return merged;
    }

    Mapping Include(Mapping root, Variables variables, IReadOnlyList<string> chain)
    {
        if (root.Find("include") is not { IsNull: false } include) return root.Without("include");
        root = root.Without("include");
        if (include is not Sequence list)
        {
            findings.Error(include.Mark, "include", $"{include.Kind} is no list of files", null, "a list of paths");
            return root;
        }
        for (var i = 0; i < list.Items.Count; i++)
            if (Included(list.Items[i], $"include[{i}]", variables, chain) is { } part) root = TakeIn(root, part, list.Items[i].Mark);
        return root;
    }

    Mapping? Included(Node item, string path, Variables variables, IReadOnlyList<string> chain)
    {
        var folder = item.Mark.Source.Folder;
        var mapping = item as Mapping;
        var paths = Texts(mapping is null ? item : mapping.Find("path")).Select(p => HostPath.Resolve(p, folder, variables)).ToList();
        if (paths.Count == 0)
        {
            findings.Error(item.Mark, path, "it does not say which file", null, "a path, or path: with project_directory: and env_file:");
            return null;
        }
        if (paths.FirstOrDefault(chain.Contains) is { } again || (again = chain.Count > MaxIncludeDepth ? paths[0] : null) is not null)
        {
            findings.Error(item.Mark, path, $"files include each other in a circle: {_files.Show(again)}", _files.Show(again), "a file that does not include this one");
            return null;
        }

        var place = mapping?.Find("project_directory") is Scalar directory
            ? HostPath.Resolve(directory.Text, folder, variables) : Path.GetDirectoryName(paths[0]) ?? "/";
        var inner = variables.Inner();
        var given = Texts(mapping?.Find("env_file")).ToList();
        if (given.Count == 0) LoadDotEnv(Path.Combine(place, ".env"), inner, null, required: false);
        foreach (var file in given) LoadDotEnv(HostPath.Resolve(file, folder, variables), inner, item.Mark, required: true);
        var merged = Merge(paths, place, inner, item.Mark);
        return merged is null ? null : Include(merged, inner, [.. chain, .. paths]);
    }

    Mapping TakeIn(Mapping root, Mapping part, Mark mark)
    {
        foreach (var section in part.Entries.Where(e => e.Key is "services" or "networks" or "volumes" or "secrets" or "configs"))
        {
            if (section.Value is not Mapping added) continue;
            var own = root.Find(section.Key) as Mapping ?? new Mapping(added.Mark, []);
            foreach (var entry in added.Entries)
            {
                var conflicting = own.Entries.FirstOrDefault(e => e.Key == entry.Key);
                if (conflicting is null) own = own.With(entry.Key, entry.Value);
                else if (conflicting.Mark != entry.Mark && !(entry.Key == "default" && section.Key == "networks"))
                    findings.Error(mark, "include", $"{section.Key}.{entry.Key} is defined here and in {entry.Mark.Source.Name}:{entry.Mark.Line}; included files are not merged", entry.Key, "different names");
            }
            root = root.With(section.Key, own);
        }
        return root;
    }

    void LoadDotEnv(string path, Variables variables, Mark? asked, bool required)
    {
        if (!required && !File.Exists(path)) return;
        if (_files.Text(path, asked, asked is null ? null : "include") is not { } text) return;
        foreach (var (key, value) in EnvironmentFile.Read(text, new Source(_files.Show(path), Path.GetDirectoryName(path)!), variables, findings))
            if (value is not null) variables.Default(key, value);
    }

    static IEnumerable<string> Texts(Node? node) => node switch
    {
        Scalar { IsNullText: false } scalar => [scalar.Text],
        Sequence list => list.Items.OfType<Scalar>().Select(s => s.Text),
        _ => [],
    };
}
