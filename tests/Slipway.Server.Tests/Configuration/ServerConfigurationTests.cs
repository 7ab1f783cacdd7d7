using Slipway.Model;
using Slipway.Registry.Storage.Azure;
using Slipway.Registry.Storage.S3;
using Slipway.Registry.Storage.Swift;
using Slipway.Server.Configuration;

namespace Slipway.Server.Tests.Configuration;

public sealed class ServerConfigurationTests : IDisposable
{
    readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("# nothing yet\n")]
    public void Read_NothingWritten_IsTheDefaults(string text) => Read(text).ShouldBe(new ServerConfiguration());

    [Fact]
    public void Read_NoFile_IsTheDefaults() => ServerConfiguration.Read(Path.Combine(_folder.Path, "none.yaml")).ShouldBe(new ServerConfiguration());

    [Theory]
    [InlineData("database: postgres://slipway:s3cret@db.example/ship\nroles: [registry]\n", ServerRoles.Registry)]
    [InlineData("database: Host=db.example;Username=slipway;Password=s3cret;Database=ship\nroles: control, registry\n", ServerRoles.All)]
    public void Read_Written_IsWhatItSays(string text, ServerRoles roles)
    {
        var configuration = Read(text);
        configuration.Database!.ToString().ShouldBe("postgres://slipway@db.example:5432/ship");
        configuration.Roles.ShouldBe(roles);
    }

    [Fact]
    public void Read_Wrong_NamesEveryErrorWithItsLineAndNoSecret()
    {
        var error = Should.Throw<InvalidInputException>(() => Read("database: pastgres://slipway:s3cret@db/x\nroles: [registry, builder]\ncolour: red\n"));
        error.Diagnostics.Select(diagnostic => (diagnostic.Line, diagnostic.Key)).ShouldBe([(1, "database"), (2, "roles"), (3, "colour")]);
        error.Diagnostics[1].Message.ShouldBe("'builder' is no role of a server");
        error.ToString().ShouldNotContain("s3cret");
    }

    [Fact]
    public void Read_AzureStorage_IsWhatItSays()
    {
        var storage = Read("registry:\n  storage:\n    type: azure\n    account: ship\n    key: c2VjcmV0\n    container: images\n    prefix: /team/\n    redirect: true\n").Storage.ShouldBeOfType<AzureOptions>();
        storage.ShouldBe(new AzureOptions { Account = "ship", Key = "c2VjcmV0", Container = "images", Prefix = "team", Redirect = true });
        storage.Place.ShouldBe("azure container images at https://ship.blob.core.windows.net, prefix team");
    }

    [Fact]
    public void Read_AzureStorageWrong_NamesEveryErrorWithItsLineAndNoSecret()
    {
        var error = Should.Throw<InvalidInputException>(() =>
            Read("registry:\n  storage:\n    type: azure\n    account: ship\n    key: s3cr*t\n    container: Images\n    endpoint: nowhere\n    redirect: perhaps\n    colour: red\n"));
        error.Diagnostics.Select(diagnostic => (diagnostic.Line, diagnostic.Key)).ShouldBe(
            [(7, "registry.storage.endpoint"), (8, "registry.storage.redirect"), (9, "registry.storage.colour"), (6, "registry.storage.container"), (5, "registry.storage.key")]);
        error.ToString().ShouldNotContain("s3cr*t");
    }

    [Fact]
    public void Read_SwiftStorage_IsWhatIsWritten()
    {
        var storage = Read("registry:\n  storage:\n    type: swift\n    authUrl: http://swift.example:8080/auth/v1.0\n    user: ship:slipway\n    password: s3cret\n    container: images\n    prefix: /team/\n")
            .Storage.ShouldBeOfType<SwiftOptions>();
        storage.ShouldBe(new SwiftOptions { AuthUrl = new("http://swift.example:8080/auth/v1.0"), User = "ship:slipway", Password = "s3cret", Container = "images", Prefix = "team" });
    }

    [Fact]
    public void Read_SwiftStorageWrong_NamesEveryErrorWithItsLineAndNoSecret()
    {
        var error = Should.Throw<InvalidInputException>(() =>
            Read("registry:\n  storage:\n    type: swift\n    authUrl: http://swift.example:5000/v3\n    user: slipway\n    password: s3cret\n    container: a/b\n"));
        error.Diagnostics.Select(diagnostic => diagnostic.Key).ShouldBe(["registry.storage.project", "registry.storage.container"]);
        error.ToString().ShouldNotContain("s3cret");
        Should.Throw<InvalidInputException>(() => Read("registry:\n  storage:\n    type: swift\n    container: images\n"))
            .Diagnostics.Single().Key.ShouldBe("registry.storage.authUrl");
    }

    [Theory]
    [InlineData("s3", S3Dialect.S3, "s3 bucket images at https://s3.eu-central-1.amazonaws.com, prefix team")]
    [InlineData("oss", S3Dialect.Oss, "oss bucket images at https://s3.oss-eu-central-1.aliyuncs.com, prefix team")]
    [InlineData("ks3", S3Dialect.Ks3, "ks3 bucket images at https://ks3-eu-central-1.ksyuncs.com, prefix team")]
    public void Read_S3Storage_IsWhatItSays(string type, S3Dialect dialect, string place)
    {
        var storage = Read($"registry:\n  storage:\n    type: {type}\n    bucket: images\n    region: eu-central-1\n    accessKey: AKID\n    secretKey: s3cret\n    prefix: /team/\n    storageClass: STANDARD_IA\n    redirect: true\n")
            .Storage.ShouldBeOfType<S3Options>();
        storage.ShouldBe(new S3Options { Dialect = dialect, Bucket = "images", Region = "eu-central-1", AccessKey = "AKID", SecretKey = "s3cret", Prefix = "team", StorageClass = "STANDARD_IA", Redirect = true });
        storage.Place.ShouldBe(place);
    }

    [Fact]
    public void Read_S3StorageOfOnesOwn_IsWhatItSays()
    {
        var storage = Read("registry:\n  storage:\n    type: s3\n    bucket: images\n    endpoint: http://minio.example:9000\n    pathStyle: false\n    signingRegion: here\n    sessionToken: t0ken\n    accessKey: a\n    secretKey: b\n    serverSideEncryption: aws:kms\n    kmsKey: k\n").Storage.ShouldBeOfType<S3Options>();
        storage.ShouldBe(new S3Options
        {
            Bucket = "images", Endpoint = new("http://minio.example:9000"), PathStyle = false, SigningRegion = "here", SessionToken = "t0ken", AccessKey = "a", SecretKey = "b",
            ServerSideEncryption = "aws:kms", KmsKey = "k",
        });
        // The credential is the machine's own.
        Read("registry:\n  storage:\n    type: s3\n    bucket: images\n    region: eu-central-1\n").Storage.ShouldBe(new S3Options { Bucket = "images", Region = "eu-central-1" });
    }

    [Fact]
    public void Read_S3StorageWrong_NamesEveryErrorWithItsLineAndNoSecret()
    {
        var error = Should.Throw<InvalidInputException>(() =>
            Read("registry:\n  storage:\n    type: oss\n    bucket: Images\n    secretKey: s3cret\n    endpoint: nowhere\n    pathStyle: perhaps\n    container: images\n"));
        error.Diagnostics.Select(diagnostic => (diagnostic.Line, diagnostic.Key)).ShouldBe(
            [(6, "registry.storage.endpoint"), (7, "registry.storage.pathStyle"), (8, "registry.storage.container"), (4, "registry.storage.bucket"), (3, "registry.storage.region"), (3, "registry.storage.accessKey")], ignoreOrder: true);
        error.ToString().ShouldNotContain("s3cret");
    }

    [Theory]
    [InlineData("registry: here\n")]
    [InlineData("registry:\n  storage: azure\n")]
    [InlineData("registry:\n  storage:\n    container: images\n")]
    [InlineData("registry:\n  storage:\n    type: tape\n")]
    public void Read_StorageOfNoKnownType_IsRefused(string text) => Should.Throw<InvalidInputException>(() => Read(text));

    [Theory]
    [InlineData("- a list\n")]
    [InlineData("database: [\n")]
    [InlineData("roles: control\n")]
    [InlineData("roles: {registry: true}\n")]
    public void Read_NoConfiguration_IsRefused(string text) => Should.Throw<InvalidInputException>(() => Read(text));

    ServerConfiguration Read(string text) => ServerConfiguration.Read(_folder.Write("slipway.yaml", text));
}
