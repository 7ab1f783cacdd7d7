using Microsoft.Extensions.DependencyInjection;
using Slipway.Engines.Docker;
using Slipway.Pipelines.Images;
using Slipway.Pipelines.Images.Bases;

namespace Slipway.Pipelines;

public static class ImagesServiceCollectionExtensions
{
    extension(IServiceCollection services)
    {
        /// <summary><see cref="AppImages"/>, <see cref="BaseImages"/>, <see cref="ImageBuilder"/> and <see cref="ImageShipper"/>; takes a <see cref="DockerClient"/> that is registered.</summary>
        public IServiceCollection AddImages(ImageOptions options) => services
            .AddSingleton(options)
            .AddSingleton(_ => new OwnRegistry(options))
            .AddSingleton(all => new PublicRegistries(Client(all), new DockerImages(Client(all)), options, Time(all)))
            .AddSingleton(all => new BaseImages(new DockerImages(Client(all)), all.GetRequiredService<OwnRegistry>(), all.GetRequiredService<PublicRegistries>(), new Mmdebstrap(options)))
            .AddSingleton(all => new ImageBuilder(new DockerImages(Client(all)), new DockerBuilds(Client(all)), all.GetRequiredService<BaseImages>(), Time(all)))
            .AddSingleton(all => new ImageShipper(new DockerImages(Client(all)), all.GetRequiredService<OwnRegistry>(), Time(all)))
            .AddSingleton(all => new AppImages(all.GetRequiredService<ImageBuilder>(), all.GetRequiredService<BaseImages>(), all.GetRequiredService<ImageShipper>(), Time(all)));
    }

    static DockerClient Client(IServiceProvider all) => all.GetRequiredService<DockerClient>();

    static TimeProvider Time(IServiceProvider all) => all.GetService<TimeProvider>() ?? TimeProvider.System;
}
