using Slipway.Cli.Commands;
using Slipway.Registry.Images;
using Slipway.Registry.Images.Diffs;
using Slipway.Registry.Signatures;

namespace Slipway.Cli.Rendering;

/// <summary>An image, and the difference of two, as people read them. What comes out of images is made safe to show.</summary>
sealed class ImagePicture(TextWriter output, Paint paint)
{
    const int Step = 90;

    public void Write(ImageDetails image)
    {
        Field("image", $"{image.Repository}@{image.Digest}");
        Field("tags", string.Join(", ", image.Tags));
        Field("type", image.ArtifactType is { } artifact ? $"{image.MediaType} ({artifact})" : image.MediaType);
        Field("size", Readable.Bytes(image.Size));
        Field("pushed", ImageListCommand.Ago(image.Pushed));
        if (image.Pulled is { } pulled) Field("pulled", ImageListCommand.Ago(pulled));
        if (image.Scan is { } scan) Field("scan", ScanPicture.Line(scan));
        if (image.Immutable is { } rule) Field("immutable", rule);
        Field("labels", ImageListCommand.Labels(image.Labels));
        Field("annotations", ImageListCommand.Labels(image.Annotations));
        foreach (var signature in image.Signatures) Write(signature, image);
        foreach (var use in image.UsedBy) Field("used by", use);
        foreach (var index in image.Indexes) Field("in index", index);
        if (image.Platforms.Count > 0)
        {
            Head("platforms");
            Rows(image.Platforms.Select(entry => (string[])[entry.Platform ?? "-", entry.Digest.Short, entry.Here ? Readable.Bytes(entry.Size) : "not here"]));
        }
        if (image.Config is { } config) Write(config, image.Platform);
        if (image.Layers.Count > 0)
        {
            Head("layers");
            Rows(image.Layers.Select(layer => (string[])[layer.Digest.Short, Readable.Bytes(layer.Size), Short(layer.CreatedBy)]));
        }
        if (image.Config?.History is { Count: > 0 } history)
        {
            Head("history");
            foreach (var step in history) output.WriteLine($"  {(step.EmptyLayer ? "- " : "+ ")}{Short(step.CreatedBy ?? step.Comment)}");
        }
        if (image.Referrers.Count > 0)
        {
            Head("attached");
            Rows(image.Referrers.Select(referrer => (string[])[referrer.Digest[..19], referrer.ArtifactType ?? referrer.MediaType]));
        }
    }

    void Write(FoundSignature signature, ImageDetails image)
    {
        var of = signature.Signed == image.Digest ? "" : $" (of the index {signature.Signed.Short})";
        Field("signed", signature switch
        {
            { State: SignatureState.Trusted } => $"{paint.Green("✔")} by {signature.Signer}, {signature.Format}{of}"
                + Readable.Line(signature.Subject is { } subject ? $", {subject}" : signature.Identity is { } identity ? $", as {identity}" : ""),
            { State: SignatureState.NotTrusted } => $"{paint.Yellow("?")} not trusted, {signature.Format}{of}: {Readable.Line(signature.Reason ?? "")}",
            _ => $"{paint.Red("✘")} invalid, {signature.Format}{of}: {Readable.Line(signature.Reason ?? "")}",
        });
    }

    public void Write(ImageDiff diff)
    {
        output.WriteLine(paint.Bold($"{diff.From.Image} → {diff.To.Image}") + (diff.To.Platform is { } platform ? $"  {platform}" : ""));
        output.WriteLine($"  {diff.From.Digest.Short} {Readable.Bytes(diff.From.Size)} → {diff.To.Digest.Short} {Readable.Bytes(diff.To.Size)}");
        if (diff.From.Digest == diff.To.Digest) output.WriteLine("  They are the same image.");
        if (diff.Config.Count > 0) Head("config");
        foreach (var change in diff.Config)
        {
            if (change.Before is not null) output.WriteLine($"  {paint.Red("-")} {Readable.Line(change.Key)}: {Readable.Line(change.Before)}");
            if (change.After is not null) output.WriteLine($"  {paint.Green("+")} {Readable.Line(change.Key)}: {Readable.Line(change.After)}");
        }
        Head("layers");
        foreach (var layer in diff.Layers) output.WriteLine($"  {Mark(layer.Change)} {layer.Digest.Short}  {Readable.Bytes(layer.Size)}  {Short(layer.CreatedBy)}".TrimEnd());
        if (diff.Files is { } files) Write(files);
    }

    void Write(FileChanges files)
    {
        Head("files");
        if (files.NotCompared is { } reason)
        {
            output.WriteLine($"  {Readable.Line(reason)}");
            return;
        }
        foreach (var change in files.Entries) output.WriteLine($"  {Mark(change.Change)} {Readable.Line(change.Path)}  {Facts(change)}".TrimEnd());
        if (files.Entries.Count < files.Added + files.Removed + files.Changed) output.WriteLine($"  ... and {files.Added + files.Removed + files.Changed - files.Entries.Count} more");
        output.WriteLine($"  {files.Added} added, {files.Removed} removed, {files.Changed} changed");
    }

    void Write(ImageConfig config, string? platform)
    {
        Head(platform is null ? "config" : $"config of {platform}");
        Inner("platform", config.Os is null ? null : $"{config.Os}/{config.Architecture}{(config.Variant is { Length: > 0 } variant ? "/" + variant : "")}");
        Inner("created", config.Created);
        Inner("entrypoint", config.Entrypoint is null ? null : string.Join(' ', config.Entrypoint));
        Inner("command", config.Command is null ? null : string.Join(' ', config.Command));
        Inner("user", config.User);
        Inner("folder", config.WorkingDir);
        Inner("ports", config.Ports is null ? null : string.Join(", ", config.Ports));
        Inner("volumes", config.Volumes is null ? null : string.Join(", ", config.Volumes));
        Inner("stop signal", config.StopSignal);
        foreach (var variable in config.Environment ?? []) Inner("environment", variable);
        foreach (var (name, value) in config.Labels ?? new Dictionary<string, string>()) Inner("label", $"{name}={value}");
    }

    static string Facts(FileChange change) => (change.Before, change.After) switch
    {
        ({ } before, { } after) => string.Join(", ", new[]
        {
            before.Size != after.Size ? $"{Readable.Bytes(before.Size)} → {Readable.Bytes(after.Size)}" : null,
            before.Mode != after.Mode ? $"{before.Mode} → {after.Mode}" : null,
            before.Owner != after.Owner ? $"owner {before.Owner} → {after.Owner}" : null,
            before.Target != after.Target ? Readable.Line($"→ {after.Target}") : null,
        }.OfType<string>().DefaultIfEmpty("content")),
        (_, { } after) => One(after),
        ({ } before, _) => One(before),
        _ => "",
    };

    static string One(FileFacts facts) => facts.Target is { } target ? Readable.Line($"→ {target}") : $"{Readable.Bytes(facts.Size)} {facts.Mode}";

    string Mark(string change) => change switch { "added" => paint.Green("+"), "removed" => paint.Red("-"), "changed" => paint.Yellow("~"), _ => "=" };

    static string Short(string? text) => text is null ? "" : Width.Fit(Readable.Line(text.ReplaceLineEndings(" ")), Step);

    void Head(string text) => output.WriteLine(paint.Dim(text));

    void Field(string name, string value)
    {
        if (value.Length > 0) output.WriteLine($"{paint.Dim(name.PadRight(12))}{value}");
    }

    void Inner(string name, string? value)
    {
        if (!string.IsNullOrEmpty(value)) output.WriteLine($"  {paint.Dim(name.PadRight(13))}{Readable.Line(value)}");
    }

    void Rows(IEnumerable<string[]> rows)
    {
        var all = rows.ToList();
        var widths = Enumerable.Range(0, all[0].Length).Select(column => all.Max(row => Width.Of(row[column]))).ToArray();
        foreach (var row in all) output.WriteLine("  " + string.Join("  ", row.Select((cell, column) => cell + new string(' ', widths[column] - Width.Of(cell)))).TrimEnd());
    }
}
