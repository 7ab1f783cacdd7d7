using Slipway.Model;
using Slipway.Registry;
using Slipway.Registry.GarbageCollection;
using Slipway.Registry.Storage.Azure;
using Slipway.Registry.Storage.S3;
using Slipway.Registry.Storage.Swift;
using Slipway.Registry.Verifying;
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
    public void Read_WebhooksAndNetworks_AreWhatTheySay()
    {
        var configuration = Read("networks: 10.96.0.0/13\nwebhooks: {allow: [169.254.10.0/24, 'fe80::/64'], timeout: 5s, giveUpAfter: 2d}\n");
        configuration.Networks.ShouldBe(System.Net.IPNetwork.Parse("10.96.0.0/13"));
        configuration.Registry.Webhooks.ShouldSatisfyAllConditions(
            webhooks => webhooks.Allowed.Select(network => network.ToString()).ShouldBe(["169.254.10.0/24", "fe80::/64"]),
            webhooks => (webhooks.Timeout, webhooks.GiveUpAfter, webhooks.FirstWait).ShouldBe((TimeSpan.FromSeconds(5), TimeSpan.FromDays(2), TimeSpan.FromSeconds(1))));
    }

    [Theory]
    [InlineData("networks: 10.96.0.0/24\n", "networks")]
    [InlineData("networks: fd00::/16\n", "networks")]
    [InlineData("networks: [10.96.0.0/13]\n", "networks")]
    [InlineData("webhooks: {allow: [everything]}\n", "webhooks.allow")]
    [InlineData("webhooks: {timeout: soon}\n", "webhooks.timeout")]
    [InlineData("webhooks: {retries: 5}\n", "webhooks.retries")]
    [InlineData("webhooks: yes\n", "webhooks")]
    public void Read_WebhooksAndNetworksWrong_AreNamed(string text, string key) => Should.Throw<InvalidInputException>(() => Read(text)).Diagnostics.Single().ShouldSatisfyAllConditions(
        wrong => wrong.Key.ShouldBe(key), wrong => wrong.Line.ShouldBe(1), wrong => wrong.Expected.ShouldNotBeNull());

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
        var storage = Read("registry:\n  storage:\n    type: azure\n    account: ship\n    key: c2VjcmV0\n    container: images\n    prefix: /team/\n    redirect: true\n").Registry.Storage.ShouldBeOfType<AzureOptions>();
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
            .Registry.Storage.ShouldBeOfType<SwiftOptions>();
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

    [Fact]
    public void Read_RegistryBounds_AreWhatIsWritten_AndTheOthersTheDefaults()
    {
        var registry = Read("""
            registry:
              publicUrl: https://registry.example.com/
              lease: 1d12h
              uploadLifetime: 6h
              collectEvery: never
              collectUntaggedAfter: 30d
              scrubRate: 1mb
              minFree: 2gb
              maxUploads: 50
            """).Registry;
        registry.ShouldBe(new RegistryOptions
        {
            Folder = "",
            PublicUrl = "https://registry.example.com",
            Lease = TimeSpan.FromHours(36),
            UploadLifetime = TimeSpan.FromHours(6),
            Collection = new CollectionOptions { Interval = TimeSpan.Zero, UntaggedAfter = TimeSpan.FromDays(30) },
            Scrub = new ScrubOptions { BytesPerSecond = 1 << 20 },
            MinFreeBytes = 2L << 30,
            MaxUploads = 50,
        });
    }

    [Fact]
    public void Read_RegistryBoundsWrong_NamesEveryErrorWithItsLineAndWhatWouldBeRight()
    {
        var error = Should.Throw<InvalidInputException>(() => Read("""
            registry:
              publicUrl: registry.example.com
              lease: 5s
              minFree: much
              maxManifest: 1mb
              maxUploads: 0
              colour: red
              scrubEvery: [1d]
              storage: azure
            """));
        error.Diagnostics.Select(diagnostic => (diagnostic.Line, diagnostic.Key)).ShouldBe(
        [
            (2, "registry.publicUrl"), (3, "registry.lease"), (4, "registry.minFree"), (5, "registry.maxManifest"), (6, "registry.maxUploads"), (7, "registry.colour"),
            (8, "registry.scrubEvery"), (9, "registry.storage"),
        ]);
        error.Diagnostics[1].Message.ShouldBe("'5s' is too short");
        error.Diagnostics[1].Expected.ShouldBe("1m or more");
    }

    [Theory]
    [InlineData("s3", S3Dialect.S3, "s3 bucket images at https://s3.eu-central-1.amazonaws.com, prefix team")]
    [InlineData("oss", S3Dialect.Oss, "oss bucket images at https://s3.oss-eu-central-1.aliyuncs.com, prefix team")]
    [InlineData("ks3", S3Dialect.Ks3, "ks3 bucket images at https://ks3-eu-central-1.ksyuncs.com, prefix team")]
    public void Read_S3Storage_IsWhatItSays(string type, S3Dialect dialect, string place)
    {
        var storage = Read($"registry:\n  storage:\n    type: {type}\n    bucket: images\n    region: eu-central-1\n    accessKey: AKID\n    secretKey: s3cret\n    prefix: /team/\n    storageClass: STANDARD_IA\n    redirect: true\n")
            .Registry.Storage.ShouldBeOfType<S3Options>();
        storage.ShouldBe(new S3Options { Dialect = dialect, Bucket = "images", Region = "eu-central-1", AccessKey = "AKID", SecretKey = "s3cret", Prefix = "team", StorageClass = "STANDARD_IA", Redirect = true });
        storage.Place.ShouldBe(place);
    }

    [Fact]
    public void Read_S3StorageOfOnesOwn_IsWhatItSays()
    {
        var storage = Read("registry:\n  storage:\n    type: s3\n    bucket: images\n    endpoint: http://minio.example:9000\n    pathStyle: false\n    signingRegion: here\n    sessionToken: t0ken\n    accessKey: a\n    secretKey: b\n    serverSideEncryption: aws:kms\n    kmsKey: k\n").Registry.Storage.ShouldBeOfType<S3Options>();
        storage.ShouldBe(new S3Options
        {
            Bucket = "images", Endpoint = new("http://minio.example:9000"), PathStyle = false, SigningRegion = "here", SessionToken = "t0ken", AccessKey = "a", SecretKey = "b",
            ServerSideEncryption = "aws:kms", KmsKey = "k",
        });
        // The credential is the machine's own.
        Read("registry:\n  storage:\n    type: s3\n    bucket: images\n    region: eu-central-1\n").Registry.Storage.ShouldBe(new S3Options { Bucket = "images", Region = "eu-central-1" });
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
    [InlineData("registry.example.com")]
    [InlineData("ftp://registry.example.com")]
    [InlineData("https://registry.example.com/path")]
    [InlineData("https://user:s3cret@registry.example.com")]
    public void Read_PublicUrlThatIsNone_IsRefusedWithoutRepeatingIt(string wrong)
    {
        var diagnostic = Should.Throw<InvalidInputException>(() => Read($"registry:\n  publicUrl: {wrong}\n")).Diagnostics.Single();
        (diagnostic.Key, diagnostic.Line).ShouldBe(("registry.publicUrl", 2));
        diagnostic.ToString().ShouldNotContain("s3cret");
    }

    [Fact]
    public void Read_SecretsElsewhere_AreReadFromThere()
    {
        var key = _folder.Write("key", "c2VjcmV0\n");
        var database = _folder.Write("database", "postgres://slipway:s3cret@db.example/ship\n");

        var configuration = Read($$"""
            database: {file: {{database}}}
            registry:
              storage: {type: azure, account: ship, key: {file: {{key}}}, container: images}
            """);

        configuration.Database!.ToString().ShouldBe("postgres://slipway@db.example:5432/ship");
        configuration.Registry.Storage.ShouldBe(new AzureOptions { Account = "ship", Key = "c2VjcmV0", Container = "images" });
        Read("registry:\n  storage: {type: swift, authUrl: 'http://swift.example/auth/v1.0', user: 'a:b', password: {env: PATH}, container: images}\n")
            .Registry.Storage.ShouldBeOfType<SwiftOptions>().Password.ShouldBe(Environment.GetEnvironmentVariable("PATH"));
    }

    [Fact]
    public void Read_SecretsThatAreNotThere_SaysWhichAndWhatWouldBeRight()
    {
        var lines = _folder.Write("lines", "s3cret\nsecond\n");
        string Of(string secret) => Should.Throw<InvalidInputException>(() => Read($"registry:\n  storage: {{type: azure, account: ship, key: {secret}, container: images}}\n"))
            .Diagnostics.First(diagnostic => diagnostic is { Key: "registry.storage.key", Line: 2 }).Message;

        Of("{file: /none/such}").ShouldContain("/none/such");
        Of("{file: relative}").ShouldContain("'relative'");
        Of($"{{file: {lines}}}").ShouldContain("one line of text");
        Of($"{{file: {lines}}}").ShouldNotContain("s3cret");
        Of("{env: SLIPWAY_NO_SUCH_VARIABLE}").ShouldContain("SLIPWAY_NO_SUCH_VARIABLE");
        Of("{vault: x}").ShouldBe("has no value of the right kind");
        Of("[a]").ShouldBe("has no value of the right kind");
        Should.Throw<InvalidInputException>(() => Read("database: {env: SLIPWAY_NO_SUCH_VARIABLE}\n")).Diagnostics.Single().ShouldSatisfyAllConditions(
            diagnostic => diagnostic.Key.ShouldBe("database"), diagnostic => diagnostic.Line.ShouldBe(1));
    }

    [Theory]
    [InlineData("- a list\n")]
    [InlineData("database: [\n")]
    [InlineData("roles: control\n")]
    [InlineData("roles: {registry: true}\n")]
    public void Read_NoConfiguration_IsRefused(string text) => Should.Throw<InvalidInputException>(() => Read(text));

    ServerConfiguration Read(string text) => ServerConfiguration.Read(_folder.Write("slipway.yaml", text));
}
