/** A model on a canvas: lit, turned, moved and zoomed; drawn only when something changed. */

import {
  AnimationMixer,
  Box3,
  Color,
  type Material,
  Mesh,
  MeshStandardMaterial,
  type Object3D,
  PerspectiveCamera,
  PMREMGenerator,
  Points,
  PointsMaterial,
  Scene,
  Sphere,
  Spherical,
  SRGBColorSpace,
  Timer,
  Vector3,
  WebGLRenderer,
} from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import { RoomEnvironment } from "three/addons/environments/RoomEnvironment.js";

import { loadModel, type Model } from "./load.ts";

export type Mode = "solid" | "point_cloud" | "wireframe";

/** The angles along the equator and from the pole in degrees, and the distance; null for what is to be chosen. */
export type Place = readonly [alpha: number | null, beta: number | null, radius: number | null];

const ANGLE = 45;
const STRAIGHT: readonly [number, number] = [65, 72];

export class Viewer {
  readonly #renderer: WebGLRenderer;
  readonly #scene = new Scene();
  readonly #camera = new PerspectiveCamera(ANGLE, 1, 0.01, 1000);
  readonly #controls: OrbitControls;
  readonly #size: ResizeObserver;
  #model: Model | null = null;
  #mixer: AnimationMixer | null = null;
  readonly #timer = new Timer();
  readonly #sphere = new Sphere(new Vector3(), 1);
  /** What stands for the meshes while only their points are shown. */
  #points: [Mesh, Points][] = [];
  #place: Place = [null, null, null];
  #frame = 0;

  constructor(private readonly canvas: HTMLCanvasElement) {
    this.#renderer = new WebGLRenderer({ canvas, antialias: true, alpha: true });
    this.#renderer.setPixelRatio(Math.min(devicePixelRatio, 2));
    this.#controls = new OrbitControls(this.#camera, canvas);
    // A finger that moves up or down scrolls the page, as everywhere.
    canvas.style.touchAction = "pan-y";
    this.#controls.addEventListener("change", () => this.draw());
    this.#size = new ResizeObserver(() => this.#resize());
    this.#size.observe(canvas.parentElement as HTMLElement);
  }

  /** Show a file. Throws when that cannot be. */
  async load(address: string, name: string): Promise<void> {
    this.show(await loadModel(address, name));
  }

  show(model: Model): void {
    this.#remove();
    this.#model = model;
    model.object.traverse((each) => each instanceof Mesh && materialsOf(each).some(mirrors) && this.#light());
    this.#scene.add(model.object);
    new Box3().setFromObject(model.object).getBoundingSphere(this.#sphere);
    if (!(this.#sphere.radius > 0)) this.#sphere.radius = 1;
    this.reset();
  }

  /** The room that surfaces mirror: seconds of work without a graphics card, so only for what is lit. */
  #light(): void {
    if (this.#scene.environment) return;
    const light = new PMREMGenerator(this.#renderer);
    this.#scene.environment = light.fromScene(new RoomEnvironment(), 0.04, 0.1, 100, { size: 128 }).texture;
    light.dispose();
  }

  get isAnimated(): boolean {
    return (this.#model?.animations.length ?? 0) > 0;
  }

  set playing(wanted: boolean) {
    const [clip] = this.#model?.animations ?? [];
    if (!wanted || !clip || !this.#model) {
      if (this.#mixer) this.#mixer.timeScale = 0;
      return;
    }
    if (!this.#mixer) {
      this.#mixer = new AnimationMixer(this.#model.object);
      this.#mixer.clipAction(clip).play();
    }
    this.#mixer.timeScale = 1;
    this.#timer.reset();
    this.draw();
  }

  set mode(mode: Mode) {
    for (const [mesh, points] of this.#points) {
      mesh.visible = true;
      points.removeFromParent();
    }
    this.#points = [];
    const meshes: Mesh[] = [];
    this.#model?.object.traverse((each) => each instanceof Mesh && meshes.push(each));
    for (const mesh of meshes) {
      for (const material of materialsOf(mesh)) if ("wireframe" in material) material.wireframe = mode === "wireframe";
      if (mode === "point_cloud") this.#points.push([mesh, this.#pointsOf(mesh)]);
    }
    this.draw();
  }

  /** Red, green, blue and alpha from 0 to 1. */
  set background([red, green, blue, alpha]: readonly number[]) {
    this.#renderer.setClearColor(new Color().setRGB(red ?? 0, green ?? 0, blue ?? 0, SRGBColorSpace), alpha ?? 0);
    this.draw();
  }

  set speeds({ zoom, pan }: { zoom: number; pan: number }) {
    this.#controls.zoomSpeed = zoom;
    this.#controls.panSpeed = pan;
  }

  /** Where the camera stands at first. */
  set place(place: Place) {
    this.#place = place;
    this.reset();
  }

  /** The camera where it stood at first. */
  reset(): void {
    const [alpha, beta, distance] = this.#place;
    const { center, radius } = this.#sphere;
    const away = distance ?? radius / Math.sin((ANGLE / 2) * (Math.PI / 180)) / Math.min(1, this.#camera.aspect);
    const turned = ((alpha ?? STRAIGHT[0]) * Math.PI) / 180;
    const tilted = ((beta ?? STRAIGHT[1]) * Math.PI) / 180;
    this.#camera.near = Math.max(radius, away) / 1000;
    this.#camera.far = 100 * Math.max(radius, away);
    this.#camera.position
      .set(Math.cos(turned) * Math.sin(tilted), Math.cos(tilted), Math.sin(turned) * Math.sin(tilted))
      .multiplyScalar(away)
      .add(center);
    this.#camera.updateProjectionMatrix();
    this.#controls.target.copy(center);
    this.#controls.update();
    this.draw();
  }

  /** Around the model, by degrees. */
  turn(across: number, up: number): void {
    const offset = this.#camera.position.clone().sub(this.#controls.target);
    const at = new Spherical().setFromVector3(offset);
    at.theta += (across * Math.PI) / 180;
    at.phi += (up * Math.PI) / 180;
    this.#camera.position.setFromSpherical(at.makeSafe()).add(this.#controls.target);
    this.#controls.update();
    this.draw();
  }

  zoom(factor: number): void {
    const { target } = this.#controls;
    this.#camera.position.sub(target).divideScalar(factor).add(target);
    this.#controls.update();
    this.draw();
  }

  /** Before the next frame. */
  draw(): void {
    this.#frame ||= requestAnimationFrame((now) => {
      this.#frame = 0;
      if (this.#mixer && this.#mixer.timeScale > 0) {
        this.#timer.update(now);
        this.#mixer.update(this.#timer.getDelta());
        this.draw();
      }
      this.#renderer.render(this.#scene, this.#camera);
    });
  }

  dispose(): void {
    cancelAnimationFrame(this.#frame);
    this.#size.disconnect();
    this.#remove();
    this.#controls.dispose();
    this.#renderer.dispose();
    this.#renderer.forceContextLoss();
  }

  #resize(): void {
    const { clientWidth: width, clientHeight: height } = this.canvas.parentElement as HTMLElement;
    if (width === 0 || height === 0) return;
    this.#renderer.setSize(width, height, false);
    this.#camera.aspect = width / height;
    this.#camera.updateProjectionMatrix();
    this.draw();
  }

  #pointsOf(mesh: Mesh): Points {
    const [material] = materialsOf(mesh) as (Material & { color?: Color })[];
    const coloured = mesh.geometry.hasAttribute("color");
    const options = { size: 2, sizeAttenuation: false, vertexColors: coloured };
    const points = new Points(mesh.geometry, new PointsMaterial(options));
    if (material?.color) (points.material as PointsMaterial).color.copy(material.color);
    points.position.copy(mesh.position);
    points.quaternion.copy(mesh.quaternion);
    points.scale.copy(mesh.scale);
    mesh.parent?.add(points);
    mesh.visible = false;
    return points;
  }

  #remove(): void {
    this.#points = [];
    this.#mixer = null;
    if (this.#model) discard(this.#model.object);
    this.#model?.object.removeFromParent();
    this.#model = null;
  }
}

function materialsOf(mesh: Mesh): (Material & { wireframe?: boolean })[] {
  return Array.isArray(mesh.material) ? mesh.material : [mesh.material];
}

const mirrors = (material: Material): boolean => material instanceof MeshStandardMaterial;

/** Give back what the graphics card holds of it. */
function discard(object: Object3D): void {
  object.traverse((each) => {
    if (!(each instanceof Mesh || each instanceof Points)) return;
    each.geometry.dispose();
    for (const material of [each.material].flat() as Material[]) material.dispose();
  });
}
