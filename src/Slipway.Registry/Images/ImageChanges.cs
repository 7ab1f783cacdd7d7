using System.Data.Common;
using System.Globalization;
using Dapper;
using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Registry.Manifests;
using Slipway.Registry.Names;
using Slipway.Registry.Rules;
using Slipway.Registry.Storage;

namespace Slipway.Registry.Images;

/// <summary>Names, removes and labels images. Rules hold here as they do for a push. Thread-safe.</summary>
public sealed class ImageChanges
{
    readonly Database.Database _database;
    readonly ManifestCache _cache;
    readonly ImmutableTags _immutable;
    readonly ImageUses _uses;
    readonly ImageLinks _copy;
    readonly EventLog _events;
    readonly TimeProvider _time;

    internal ImageChanges(Database.Database database, ManifestCache cache, ImmutableTags immutable, ImageUses uses, ImageLinks copy, EventLog events, TimeProvider time) =>
        (_database, _cache, _immutable, _uses, _copy, _events, _time) = (database, cache, immutable, uses, copy, events, time);

    /// <summary>Gives an image one more name, also in another repository: in one transaction, and no byte is moved. Returns its digest.</summary>
    /// <exception cref="InvalidInputException">No image's name, or a destination that is a digest.</exception>
    /// <exception cref="NotFoundException">There is no such image.</exception>
    /// <exception cref="ConflictException">Part of the image is not here (a cache fetches what is pulled).</exception>
    /// <exception cref="RuleRefusedException">The tag is immutable, or the quota used up.</exception>
    public async Task<Digest> Tag(string source, string destination, Caller caller, CancellationToken cancel)
    {
        var (from, to) = (ImageName.Parse(source), ImageName.Parse(destination));
        if (to.Reference is not Reference.ByTag { Tag: var tag })
            throw new InvalidInputException(new Diagnostic { Message = "an image is given a tag, not a digest", Key = "destination", Found = destination, Expected = "REPOSITORY[:TAG]" });
        try
        {
            return await _database.Write(
                connection =>
                {
                    var manifest = ManifestRef.Find(connection, from) ?? throw ImageInspection.Missing(from);
                    if (from.Repository != to.Repository) manifest = _copy.Copy(connection, manifest, from.Repository, to.Repository, [tag.Value]);
                    else QuotaGuard.BeforeTags(connection, to.Repository, [tag.Value]);
                    _immutable.CheckMove(connection, to.Repository, manifest.RepositoryId, tag, manifest.Id);
                    ManifestStore.Point(connection, manifest.RepositoryId, tag, manifest.Id, Now());
                    _events.Record(connection, caller, new RegistryEvent
                    {
                        Action = "push", Target = "manifest", Repository = to.Repository.Value, Digest = manifest.Digest, Tag = tag.Value, MediaType = manifest.MediaType, Size = manifest.Size,
                        Detail = $"from {from}",
                    });
                    return Digest.Parse(manifest.Digest);
                },
                cancel);
        }
        finally
        {
            _cache.Forget(to.Repository, [tag.Value]);
        }
    }

    /// <summary>
    /// Removes a tag, and the image with its last tag; or a digest with all its tags. With an index its entries go as far as nothing else needs them, and
    /// with an image what is attached to it.
    /// </summary>
    /// <param name="force">Also what a release uses.</param>
    /// <exception cref="InvalidInputException">No image's name.</exception>
    /// <exception cref="NotFoundException">There is no such image.</exception>
    /// <exception cref="ConflictException">A release uses it, or an index has it as an entry; the message says which.</exception>
    /// <exception cref="RuleRefusedException">A tag of it is immutable.</exception>
    public async Task<RemovedImage> Remove(string image, bool force, Caller caller, CancellationToken cancel)
    {
        var name = ImageName.Parse(image);
        var (untagged, deleted) = (new List<string>(), new List<string>());
        try
        {
            await _database.Write(
                connection =>
                {
                    var manifest = ManifestRef.Find(connection, name) ?? throw ImageInspection.Missing(name);
                    var uses = _uses(connection).Where(use => use.Repository == name.Repository.Value).ToList();
                    var tags = connection.Query<string>("SELECT name FROM registry_tags WHERE manifest_id = @Id ORDER BY name", new { manifest.Id }).AsList();
                    var named = name.Reference is Reference.ByTag ? [name.Reference.Text] : tags;
                    if (!force && uses.FirstOrDefault(use => use.Digest.Value == manifest.Digest) is { } use)
                        throw new ConflictException($"{name} is used by {use.By}. Deploy another version first, or give --force to remove it all the same.");
                    _immutable.CheckRemove(connection, name.Repository, named);
                    if (name.Reference is Reference.ByDigest && IndexOf(connection, manifest) is { } index)
                        throw new ConflictException($"{name} is an entry of the index {name.Repository}@{index}: remove that one.");
                    foreach (var tag in named)
                    {
                        connection.Execute("DELETE FROM registry_tags WHERE repository_id = @RepositoryId AND name = @tag", new { manifest.RepositoryId, tag });
                        untagged.Add(tag);
                        Record(connection, caller, name.Repository, "tag", tag, manifest.Digest);
                    }
                    connection.Execute("UPDATE registry_manifests SET touched = @now WHERE id = @Id", new { manifest.Id, now = Now() });
                    var kept = force ? [] : uses.Select(one => one.Digest.Value).ToHashSet();
                    if (tags.Count == named.Count) RemoveUnneeded(connection, name.Repository, manifest, kept, deleted, caller);
                    QuotaGuard.Removed(connection, name.Repository.Value);
                },
                cancel);
        }
        finally
        {
            _cache.Forget(name.Repository, [.. untagged, .. deleted]);
        }
        return new RemovedImage { Image = name.ToString(), Untagged = [.. untagged.Select(tag => $"{name.Repository}:{tag}")], Deleted = deleted };
    }

    /// <summary>Sets and removes labels of an image, or of a repository where only that is named (team/app). Returns all that it has then.</summary>
    /// <param name="set">Null as a value removes the label.</param>
    /// <exception cref="InvalidInputException">No image's name, or a label that can't be kept; every error.</exception>
    /// <exception cref="NotFoundException">There is no such image or repository.</exception>
    public Task<IReadOnlyDictionary<string, string>> Label(string target, IReadOnlyDictionary<string, string?> set, Caller caller, CancellationToken cancel)
    {
        var wrong = set.Select(label => ImageLabels.Check(label.Key, label.Value)).OfType<Diagnostic>().ToList();
        if (set.Count > 100) wrong.Add(new Diagnostic { Message = "too many labels at once", Key = "labels", Expected = "at most 100" });
        if (wrong.Count > 0) throw new InvalidInputException(wrong);
        var name = ImageName.Parse(target);
        var ofRepository = RepositoryName.TryParse(target, out _);
        return _database.Write<IReadOnlyDictionary<string, string>>(
            connection =>
            {
                var repositoryId = RepositoryRow.Find(connection, name.Repository) ?? throw new NotFoundException($"There is no repository '{name.Repository}' in the registry.");
                var manifestId = ofRepository ? 0 : (ManifestRef.Find(connection, name) ?? throw ImageInspection.Missing(name)).Id;
                var (table, key, id) = ofRepository ? ("registry_repository_labels", "repository_id", repositoryId) : ("registry_image_labels", "manifest_id", manifestId);
                foreach (var (label, value) in set)
                    connection.Execute(
                        value is null ? $"DELETE FROM {table} WHERE {key} = @id AND name = @label"
                            : $"INSERT INTO {table} ({key}, name, value) VALUES (@id, @label, @value) ON CONFLICT ({key}, name) DO UPDATE SET value = excluded.value",
                        new { id, label, value });
                _events.Record(connection, caller, new RegistryEvent
                {
                    Action = "change", Target = "labels", Repository = name.Repository.Value, Detail = $"{target}: {string.Join(", ", set.Select(label => label.Value is null ? $"{label.Key} removed" : $"{label.Key}={label.Value}"))}",
                });
                return ImageListing.LabelsOf(connection, repositoryId, manifestId);
            },
            cancel);
    }

    void RemoveUnneeded(DbConnection connection, RepositoryName repository, ManifestRef manifest, HashSet<string> kept, List<string> deleted, Caller caller)
    {
        if (kept.Contains(manifest.Digest) || IndexOf(connection, manifest) is not null
            || connection.ExecuteScalar<long?>("SELECT 1 FROM registry_tags WHERE manifest_id = @Id LIMIT 1", new { manifest.Id }) is not null) return;
        var next = connection.Query<ManifestRef>(
            $"""
            SELECT {ManifestRef.Columns} FROM registry_manifests m WHERE m.repository_id = @RepositoryId AND (m.subject = @Digest
                OR m.digest IN (SELECT f.digest FROM registry_manifest_references f WHERE f.manifest_id = @Id AND f.kind = 'manifest'))
            """,
            new { manifest.RepositoryId, manifest.Digest, manifest.Id }).AsList();
        connection.Execute("DELETE FROM registry_manifests WHERE id = @Id", new { manifest.Id });
        deleted.Add(manifest.Digest);
        Record(connection, caller, repository, "manifest", null, manifest.Digest);
        foreach (var one in next) RemoveUnneeded(connection, repository, one, kept, deleted, caller);
    }

    static string? IndexOf(DbConnection connection, ManifestRef manifest) => connection.ExecuteScalar<string?>(
        """
        SELECT m.digest FROM registry_manifest_references f JOIN registry_manifests m ON m.id = f.manifest_id
        WHERE f.repository_id = @RepositoryId AND f.digest = @Digest LIMIT 1
        """,
        new { manifest.RepositoryId, manifest.Digest });

    void Record(DbConnection connection, Caller caller, RepositoryName repository, string target, string? tag, string digest) =>
        _events.Record(connection, caller, new RegistryEvent { Action = "delete", Target = target, Repository = repository.Value, Tag = tag, Digest = digest });

    string Now() => _time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture);
}
